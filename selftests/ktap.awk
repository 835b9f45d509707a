# SPDX-License-Identifier: GPL-2.0
# Nested KTAP as the kernel's own parser wants it (Documentation/dev-tools/ktap.rst,
# tools/testing/kunit/kunit.py parse): the plan right behind the version line,
# though our suites know it at their end only; and behind `ok N` a name that is the
# same in each run, so what a test adds behind " - " becomes a diagnostic before it.

{
	match($0, /^ */)
	depth = RLENGTH
	text = substr($0, depth + 1)
	line[NR] = $0
}

text ~ /^KTAP version/ { version[depth] = NR }

text ~ /^1\.\.[0-9]+/ && depth in version {
	plan[version[depth]] = $0
	line[NR] = ""
	delete version[depth]
}

text ~ /^(not )?ok [0-9]+ .* - / && text !~ /# SKIP/ {
	at = index($0, " - ")
	line[NR] = substr($0, 1, depth) "# " substr($0, at + 3) "\n" substr($0, 1, at - 1)
}

END {
	for (i = 1; i <= NR; i++) {
		if (line[i] != "")
			print line[i]
		if (i in plan)
			print plan[i]
	}
}
