B=$1
for f in /tmp/h/*.pdl; do s=$(date +%s%N); timeout 100 $B check $f >/tmp/h/out.txt 2>&1; r=$?; e=$(date +%s%N); echo "$(( (e-s)/1000000 )) $r $(basename $f) $(head -c 80 /tmp/h/out.txt | head -1)"; done | sort -rn
