# SPDX-License-Identifier: GPL-2.0
# Count the results of nested KTAP: prints `passed failed skipped`. Only innermost
# tests count, unless a parent fails though none of its children does. A plan
# that does not fit, and no result at all, are failures.

{
	match($0, /^ */)
	depth = RLENGTH
	line = substr($0, depth + 1)
}

line ~ /^1\.\.[0-9]+/ {
	plan[depth] = substr(line, 4) + 0
	if (line ~ /# SKIP/) {
		skipped++
		results[depth]++
		delete plan[depth]
	}
}

line ~ /^(not )?ok [0-9]+/ {
	bad = line ~ /^not ok/
	nested = failures = 0
	# What is deeper and not yet accounted for belongs to this result.
	for (level in results) {
		if (level + 0 <= depth)
			continue
		nested += results[level]
		failures += bads[level] + misplanned(level)
		delete results[level]
		delete bads[level]
		delete plan[level]
	}
	if (nested)
		failed += bad && !failures
	else if (line ~ /# SKIP/)
		skipped++
	else if (bad)
		failed++
	else
		passed++
	results[depth]++
	bads[depth] += bad
}

function misplanned(level) {
	if (!(level in plan) || plan[level] == results[level])
		return 0
	failed++
	return 1
}

END {
	misplanned(0)
	if (!(0 in results) || !(0 in plan) && !skipped)
		failed++
	print passed + 0, failed + 0, skipped + 0
}
