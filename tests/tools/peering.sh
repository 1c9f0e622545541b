# Two peers that are lines.
echo 'say: "eins"' | reowolf peer --as bob chat.pdl > bob & p=$!; printf 'say: "one"\n\nsay: "two"\n' | reowolf peer --as amy chat.pdl; wait $p; echo "bob $?"; cat bob
printf 'nonsense\nsay: 3\nhear: "x"\nsay: "one"\n' | reowolf peer --as bob chat.pdl & p=$!; reowolf peer chat.pdl --as amy; echo "amy $?"; wait $p
# A round that takes lines of two ports.
printf 'price: 7\nprice: 9\n' | reowolf peer --as seller deal.pdl > seller 2>&1 & p=$!; printf 'name: "ann"\noffer: 8\n' | reowolf peer --as buyer deal.pdl; echo "buyer $?"; wait $p; echo "seller $?"; cat seller
# What is not needed any more is not read, and no mistake.
printf 'price: 7\nprice: 9\n\nprice: 1\nnonsense' | reowolf peer --as seller deal.pdl > seller & p=$!; printf 'name: "ann"\noffer: 8\n' | reowolf peer --as buyer deal.pdl > buyer; echo "buyer $?"; wait $p; echo "seller $?"; cat seller
# Nothing fits, until the time is over.
mkfifo s b; exec 3<>s 4<>b; echo 'price: 7' >&3; echo 'offer: 6' >&4; reowolf peer --as seller --timeout 700 deal.pdl <&3 > seller 2>&1 & p=$!; reowolf peer --as buyer --timeout 300 deal.pdl <&4 > buyer 2>&1; echo "buyer $?"; wait $p; echo "seller $?"; grep -c "no round within" buyer; grep -o "at deal.pdl:[0-9:]*" buyer | head -1
# A line that can never be taken any more ends the peer, whose input has ended, and so the other.
reowolf peer --as bob strict.pdl < /dev/null > bob & p=$!; printf 'i: 7\ni: 1\ni: 8\n' | reowolf peer --as amy strict.pdl 2>&1 | grep -v "'above'"; echo "amy ${PIPESTATUS[1]}"; wait $p; echo "bob $?"; cat bob
echo 'price: 7' | reowolf peer --as seller deal.pdl > seller 2>&1 & p=$!; printf 'name: "ann"\noffer: 6\n' | reowolf peer --as buyer deal.pdl > buyer 2>&1; echo "buyer $?"; wait $p; echo "seller $?"; cat buyer seller | grep -om1 'no behaviour fits'
yes 'i: 1' | head -n 5000 > ones; reowolf peer --as bob strict.pdl < /dev/null & p=$!; reowolf peer --as amy strict.pdl < ones 2>&1 | grep -o 'no behaviour fits'; wait $p; echo "bob $?"
# But not while there may be more input, here or elsewhere.
mkfifo open; exec 3<>open; echo 'i: 1' >&3; reowolf peer --as bob strict.pdl < /dev/null & p=$!; reowolf peer --as amy --timeout 3000 strict.pdl <&3 2>&1 | grep -o 'no round within 3000 ms'; wait $p; echo "bob $?"
(sleep 3; echo 'say: 9') | reowolf peer --as bob both.pdl & p=$!; echo 'say: 1' | reowolf peer --as amy both.pdl 2> amy; echo "amy $?"; wait $p; echo "bob $?"; grep -o 'no behaviour fits' amy
# One is killed in the middle of the protocol: the other one says so.
for i in 1 2 3 4 5 6 7 8; do mkfifo amy$i; exec 3<>amy$i; echo 'give: 1' >&3; : > bob$i; reowolf peer --as amy three.pdl <&3 & a=$!; reowolf peer --as bob three.pdl > bob$i 2>&1 & b=$!; tail -f --pid=$b bob$i | grep -q -m1 take; kill -9 $a; wait $a 2>/dev/null; wait $b; echo $? $(grep -c "'amy' is gone" bob$i); done
# Nobody is there.
reowolf peer --as amy --timeout 50 chat.pdl
# Who is there is said on a terminal, or if asked for.
reowolf peer --as amy --timeout 0 --progress chat.pdl
script -qec 'reowolf peer --as amy --timeout 0 chat.pdl' /dev/null | grep -c listens
# What is no peer.
reowolf peer --as eve chat.pdl
reowolf peer --as amy farm.pdl
reowolf peer --as amy absent.pdl
reowolf peer --as amy - < chat.pdl
reowolf peer chat.pdl
reowolf peer --as amy --timeout soon chat.pdl
# It is no program by itself.
reowolf run chat.pdl
# Their texts differ.
sed 's/bob.hear);/bob.hear) at bob;/' chat.pdl > other.pdl; reowolf peer --as bob other.pdl > bob 2>&1 & p=$!; reowolf peer --as amy chat.pdl; echo "amy $?"; wait $p; echo "bob $?"; cat bob
