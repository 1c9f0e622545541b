# Parts of a program that have nothing to do with each other, side by side.
reowolf run --workers 3 islands.pdl 2>/dev/null | sort -n
reowolf run --workers 3 islands.pdl 2>&1 >/dev/null | grep -E 'ERROR|waits' | sort
reowolf run --workers 3 --stats islands.pdl 2>&1 >/dev/null | grep -E '^(rounds|sizes|components)'
reowolf run --workers 3 --record /dev/stdout islands.pdl 2>/dev/null | grep -c "'waiting#[12]' is stuck"
reowolf run --workers 2 building.pdl
reowolf run --record /dev/full islands.pdl 2>&1 >/dev/null | grep full
