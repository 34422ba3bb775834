/* SPDX-License-Identifier: GPL-2.0 */
/* What programs return: other people's programs on the hook run after ours. */
#ifndef _ILNP6_BPF_VERDICT_H
#define _ILNP6_BPF_VERDICT_H

#define NEXT	(-1)	/* TC_ACT_UNSPEC and TCX_NEXT */
#define DROP	2	/* TC_ACT_SHOT and TCX_DROP */

#ifndef EAGAIN
#define EAGAIN	11
#endif

#endif /* _ILNP6_BPF_VERDICT_H */
