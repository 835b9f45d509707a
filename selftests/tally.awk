# SPDX-License-Identifier: GPL-2.0
# Count the results of nested KTAP: prints `passed failed skipped`. Only innermost
# tests count, unless a parent fails though none of its children does. A plan
# that does not fit, and no result at all, are failures.

{
	match($0, /^ */)
	depth = RLENGTH
	line = substr($0, depth + 1)
}

line ~ /^KTAP version/ && depth > 0 { children[depth] = failures[depth] = 0; delete plan[depth] }

line ~ /^1\.\.[0-9]+/ {
	plan[depth] = substr(line, 4) + 0
	if (line ~ /# SKIP/) {
		skipped++
		children[depth]++
	}
}

line ~ /^(not )?ok [0-9]+/ {
	bad = line ~ /^not ok/
	inner = depth + 2
	if (children[inner] > 0) {
		if (bad && !failures[inner])
			failed++
		check_plan(inner)
	} else if (line ~ /# SKIP/) {
		skipped++
	} else if (bad) {
		failed++
	} else {
		passed++
	}
	children[inner] = failures[inner] = 0
	delete plan[inner]
	children[depth]++
	failures[depth] += bad
}

function check_plan(level) {
	if (level in plan && plan[level] != children[level] && plan[level] > 0)
		failed++
}

END {
	check_plan(0)
	if (!(passed + failed + skipped) || !(0 in plan))
		failed++
	print passed + 0, failed + 0, skipped + 0
}
