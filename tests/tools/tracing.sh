# What a trace tells, and where it goes.
printf 'words: "hello"\nwords: "a long text that goes on and on, and on and on, and on and on and on, until it ends at last"\n' | reowolf run --trace - merging.pdl
reowolf run --trace=rounds.txt merging.pdl
tail -n 4 rounds.txt
reowolf run --trace rounds.jsonl merging.pdl > output
head -n 1 rounds.jsonl
python3 -c 'import json; print([json.loads(line)["round"] for line in open("rounds.jsonl")])'
reowolf run --trace-format json --trace - silence.pdl
reowolf run --trace - silence.pdl
reowolf run --trace - ports.pdl
reowolf run --trace absent/rounds merging.pdl
reowolf run --trace-format xml --trace - merging.pdl
reowolf run --trace /dev/full merging.pdl
