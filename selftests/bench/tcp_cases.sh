# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034  # tcp.sh reads what a case sets
#
# The cases of tcp.sh. Each sets the paths' rate (Mbit/s) and rtt (base round
# trip, ms), and where they differ from the default queue (of the BDP), loss
# (%), jitter (ms), best (the path of plain TCP), options (of tcpflow), events
# (a command in the flow's background), paths (the first so many are used), neck
# (rate of the link behind them all), nonce (octets) and measure (see
# tcp_report.py).

TCP_CASES=(equal delays rates both both_reversed loss_one loss_all dead
	shallow shallow_delays bad_paths jitter jitter_delays one_path
	both_ways many bottleneck short_30k short_300k short_3m
	short_30k_delays short_300k_delays short_3m_delays
	short_30k_bad short_300k_bad short_3m_bad requests gigabit)

case_equal()
{
	rate=(20 20 20 20)
	rtt=(10 10 10 10)
}

case_delays()
{
	case_equal
	rtt=(10 30 50 70)
}

case_rates()
{
	rate=(5 10 20 40)
	rtt=(10 10 10 10)
	best=4
}

case_both()
{
	case_rates
	rtt=(10 30 50 70)
}

case_both_reversed()
{
	rate=(40 20 10 5)
	rtt=(10 30 50 70)
}

case_loss_one()
{
	case_equal
	loss=(0 1 0 0)
}

case_loss_all()
{
	case_equal
	loss=(0.1 0.1 0.1 0.1)
}

# 20 s, of which one path is dead for 5
case_dead()
{
	case_equal
	options=(-t 20)
	events=(kill_path 2 5 10)
}

case_shallow()
{
	case_equal
	queue=(0.25 0.25 0.25 0.25)
}

case_shallow_delays()
{
	case_delays
	queue=(0.25 0.25 0.25 0.25)
}

# Of the good path alone
case_bad_paths()
{
	rate=(40 1 1 1)
	rtt=(10 200 200 200)
	loss=(0 2 2 2)
	measure=best
}

case_jitter()
{
	case_equal
	jitter=(3 3 3 3)
}

case_jitter_delays()
{
	case_delays
	jitter=(3 3 3 3)
}

# The other three lead nowhere.
case_one_path()
{
	rate=(20 0.01 0.01 0.01)
	rtt=(10 10 10 10)
	loss=(0 100 100 100)
	measure=best
}

case_both_ways()
{
	case_delays
	options=(-b)
}

# With nonces of the default length: with four octets, some connections by their
# sequence numbers send segments one by one, see limit_segments()
case_many()
{
	case_equal
	options=(-N 100)
	nonce=12
	measure=many
}

# Two paths through one line, and a plain connection through it beside
case_bottleneck()
{
	rate=(100 100 100 100)
	rtt=(10 10 10 10)
	paths=2
	neck=20
	options=(-t 40)
	events=(flow ipv6 -t 40 -p 7001)
	measure=neck
}

# Answers of 10 kB while a transfer goes on
case_requests()
{
	case_equal
	options=(-r 2000 -t 300)
	measure=latency
}

# As far as the CPU goes
case_gigabit()
{
	rate=(1000 1000 1000 1000)
	rtt=(10 10 10 10)
	options=(-n 300000000 -t 60)
	nonce=12
	measure=cpu
}

# short OCTETS PATHS: how long it takes, over the paths of another case
short()
{
	"case_$2"
	options=(-n "$1")
	measure=duration
}

case_short_30k() { short 30000 equal; }
case_short_300k() { short 300000 equal; }
case_short_3m() { short 3000000 equal; }
case_short_30k_delays() { short 30000 delays; }
case_short_300k_delays() { short 300000 delays; }
case_short_3m_delays() { short 3000000 delays; }
case_short_30k_bad() { short 30000 bad_paths; }
case_short_300k_bad() { short 300000 bad_paths; }
case_short_3m_bad() { short 3000000 bad_paths; }
