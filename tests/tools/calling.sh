# How the command is called, rightly and wrongly.
reowolf --version
reowolf --help | head -n 2
reowolf fmt --help | head -n 2
reowolf --nonsense
reowolf --dump=tokens check farm.pdl
reowolf grpah farm.pdl
reowolf run --seed x ports.pdl
reowolf run --workers 0 ports.pdl
reowolf run -I
reowolf run --seed 3 --workers 2 ports.pdl main
reowolf run --dump=tokens ports.pdl | head -n 2
reowolf check --dump types ports.pdl | head -n 1
reowolf check ports.pdl absent.pdl
# Streams that are not there, or cannot be read or written.
reowolf run bytes.pdl <&-
reowolf run bytes.pdl < .
reowolf eval shapes.pdl '1 + 1' > /dev/full
reowolf eval shapes.pdl '1 + 1' >&-
echo 'text: "a"' | reowolf run bytes.pdl > /dev/full
reowolf check --dump tokens shapes.pdl > /dev/full
reowolf check ports.pdl >&-
# Text without an end.
reowolf check /dev/zero
yes | reowolf fmt -
# A line as long as a text may be.
python3 -c "print('text: \"' + 'a' * 9_000_000 + '\"')" | reowolf run bytes.pdl
reowolf run --seed -1 ports.pdl
reowolf run --seed 18446744073709551616 ports.pdl
