#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: timeout=300
#
# +------------------------------------------------------------------------+
# | Proves that shellcheck, pyflakes, yamllint and mandoc have nothing to  |
# | say about our scripts, specifications and man pages, that every file   |
# | names its licence, and that the licences it names are here.            |
# +------------------------------------------------------------------------+

. "$(dirname "$0")/static.bash"

shell_files()
{
	{
		tree_files '*.sh' '*.bash'
		tree_scripts bash
		tree_scripts '/sh'
		(cd "$TREE" && grep -rlE --exclude-dir={build,out,.git} \
			'^# shellcheck shell=' . | sed 's|^\./||')
	} | sort -u
}

t_shellcheck()
{
	local files

	need_tool shellcheck
	mapfile -t files < <(shell_files)
	(cd "$TREE" && printf '%s\0' "${files[@]}" |
		xargs -0 -n 8 -P "$(nproc)" shellcheck -x -f gcc) \
		>"$WORK/shellcheck" 2>&1
	clean "shellcheck" "$WORK/shellcheck"
}

t_python()
{
	local files

	need_tool pyflakes3
	mapfile -t files < <({ tree_files '*.py'; tree_scripts python; } |
		sort -u)
	(cd "$TREE" && pyflakes3 "${files[@]}") >"$WORK/pyflakes" 2>&1
	clean "pyflakes" "$WORK/pyflakes"
}

t_yaml()
{
	local files

	need_tool yamllint
	mapfile -t files < <(tree_files '*.yaml' '*.yml')
	(cd "$TREE" && yamllint -f parsable "${files[@]}") >"$WORK/yaml" 2>&1
	clean "yamllint" "$WORK/yaml"
}

# The specification by the kernel's own schema for netlink families.
t_schema()
{
	linux_source
	if ! python3 -c 'import jsonschema'; then
		[ ! -d /ilnp-cache ] || die "python3-jsonschema is missing"
		skip "python3-jsonschema is missing"
	fi
	(cd "$TREE" && for spec in Documentation/netlink/specs/*.yaml; do
		python3 - "$spec" "$LINUX/Documentation/netlink" <<-'PY'
			import sys, yaml, jsonschema
			spec = yaml.safe_load(open(sys.argv[1]))
			name = spec.get("protocol", "genetlink")
			schema = yaml.safe_load(open("%s/%s.yaml" % (sys.argv[2],
			                                             name)))
			for error in jsonschema.Draft7Validator(schema).iter_errors(spec):
			    print("%s: %s: %s" % (sys.argv[1], list(error.path),
			                          error.message))
		PY
	done) >"$WORK/schema" 2>&1
	clean "schema" "$WORK/schema"
}

t_man()
{
	local files

	need_tool mandoc
	mapfile -t files < <(tree_files '*.[1-9]')
	(cd "$TREE" && mandoc -Tlint -W warning "${files[@]}") \
		>"$WORK/man" 2>&1
	clean "mandoc" "$WORK/man"
}

# The licence stands on the first lines of all that can carry a comment.
t_spdx()
{
	local file id

	tree_files '*' | grep -Ev \
		'^(LICENSES/|README.md|packaging/debian/(changelog|copyright|control|source/|.*\.(install|manpages)))' \
		>"$WORK/files"
	while IFS= read -r file; do
		case $file in
		*.o | *.ko | *.mod | *.cmd | *.symvers | *.order | *.json | \
			*.patch | *.svg | *.png | *.tsv) continue ;;
		*.gitignore | *.shellcheckrc | */help.txt) continue ;;
		esac
		grep -Iq . "$TREE/$file" || continue	# programs
		head -n 5 "$TREE/$file" |
			grep -aq 'SPDX-License-Identifier:' || echo "$file"
	done <"$WORK/files" >"$WORK/bare"
	clean "files without SPDX-License-Identifier" "$WORK/bare"

	while IFS= read -r id; do
		[ -e "$TREE/LICENSES/$id.txt" ] || echo "$id"
	done < <(xargs -d '\n' -a "$WORK/files" -I {} head -n 5 "$TREE/{}" |
		sed -n 's/.*SPDX-License-Identifier: *//p' |
		sed 's/ \*\/.*//; s/ -->.*//' | tr -s '() ' '\n' |
		grep -vxE 'AND|OR|WITH|' | sort -u) >"$WORK/absent"
	clean "licences that are not in LICENSES/" "$WORK/absent"
}

subtest "shellcheck" t_shellcheck
subtest "pyflakes" t_python
subtest "yamllint" t_yaml
subtest "netlink schema" t_schema
subtest "mandoc" t_man
subtest "licences" t_spdx
run_subtests "$@"
