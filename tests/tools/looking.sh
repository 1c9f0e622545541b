# Running programs are looked at.
mkdir -m 700 quiet; XDG_RUNTIME_DIR=$PWD/quiet reowolf top
mkdir -m 755 open; mkdir -m 755 open/reowolf; XDG_RUNTIME_DIR=$PWD/open reowolf top 2>&1 | sed "s|$PWD|…|"
export XDG_RUNTIME_DIR=$PWD/quiet; reowolf run quiet.pdl & until reowolf top 2>/dev/null | grep -q ' waiting, 1 outside'; do :; done; reowolf top --once | sed 's/process .*/process …/; s/^workers .*/workers …/'; reowolf top 1; kill $!
export XDG_RUNTIME_DIR=$PWD/quiet; reowolf run quiet.pdl & until reowolf top --events 2>/dev/null | grep -q "'main' has ended"; do :; done; reowolf top --events | sed 's/^ *[0-9.]* s  //' | grep started; reowolf top --json $! | grep -o '"alive":[0-9]*'; kill $!
export XDG_RUNTIME_DIR=$PWD/quiet; reowolf run quiet.pdl & first=$!; reowolf run quiet.pdl & until [ $(ls quiet/reowolf | grep -c '^[0-9]*$') -ge 2 ] && reowolf top $! 2>/dev/null | grep -q outside && reowolf top $first 2>/dev/null | grep -q outside; do :; done; reowolf top | sed 's/^ *[0-9]* *[0-9.]* s/  …/'; kill $first $!
export XDG_RUNTIME_DIR=$PWD/quiet; mkfifo b s; exec 3<>b 4<>s; printf 'offer: 8\nname: "ann"\n' >&3; reowolf peer --as buyer deal.pdl <&3 2>/dev/null & buyer=$!; reowolf peer --as seller deal.pdl <&4 2>/dev/null & until reowolf top $buyer 2>/dev/null | grep "^  market " | grep -o "waits for a message at port 'price' from 'seller'"; do :; done; reowolf top $buyer | head -1 | sed 's/, .*/, …/'; reowolf top $buyer --events | grep -o "'market' is started"; reowolf top $! | grep -o 'components .*stuck'; kill $buyer $!
reowolf run --record missing/last.txt quiet.pdl
