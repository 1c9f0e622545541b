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
