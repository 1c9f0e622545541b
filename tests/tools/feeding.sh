# Lines of input for the ports of a component.
printf 'i: 7\ni: 8\n' | reowolf run picky.pdl picky
# Behind one that nobody takes, the others change nothing.
printf 'i: 7\ni: 1\n' | reowolf run picky.pdl picky
yes 'i: 1' | head -n 20 | reowolf run picky.pdl picky
yes 'i: 1' | head -n 3 | reowolf run --stats picky.pdl picky 2>&1 | grep components
# What is stuck ends, although there may be more; unless that can be of use.
mkfifo more; exec 3<>more; echo 'i: 1' >&3; reowolf run picky.pdl picky <&3
printf 'a: 1\na: 2\nb: 7\nb: 1\nb: 9\n' | reowolf run picky.pdl either 2>&1 | grep -v '^ '
printf 'a: 1\nb: 7\n' | reowolf run picky.pdl either 2>&1 | grep -v '^ '
