# What a run came to.
reowolf run --stats merging.pdl 2>&1 >/dev/null | sed 's/^time .*/time …/'
reowolf run --stats=text silence.pdl 2>&1 >/dev/null | sed 's/^time .*/time …/'
reowolf run --stats=prometheus merging.pdl 2>&1 >/dev/null | grep -v '^#' | sed 's/seconds .*/seconds …/'
reowolf run --stats=prometheus merging.pdl 2>&1 >/dev/null | grep '^# TYPE'
reowolf run --stats=xml merging.pdl
reowolf run --stats prometheus merging.pdl
