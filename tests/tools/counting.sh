# What a run came to.
reowolf run --workers 2 --stats merging.pdl 2>&1 >/dev/null | sed 's/^time .*/time …/; s/[0-9.]* s \(who\|the\)/… s \1/g'
reowolf run --workers 1 --stats=text silence.pdl 2>&1 >/dev/null | sed 's/^time .*/time …/; s/[0-9.]* s \(who\|the\)/… s \1/g'
reowolf run --workers 2 --stats=prometheus merging.pdl 2>&1 >/dev/null | grep -v '^#' | sed 's/seconds\(.*\) .*/seconds\1 …/'
reowolf run --stats=prometheus merging.pdl 2>&1 >/dev/null | grep '^# TYPE'
reowolf run --stats=xml merging.pdl
reowolf run --stats prometheus merging.pdl
reowolf run --workers 2 --stats stealing.pdl 2>&1 | sed -n 's/steals [12]; idle.*/steals …/p'
reowolf run --workers 1 --stats stealing.pdl 2>&1 | sed -n 's/; idle.*/; idle …/p'
