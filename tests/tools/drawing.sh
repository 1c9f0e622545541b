# What is drawn, in the language of graphviz.
reowolf graph --format=dot farm.pdl
reowolf graph --format=dot farm.pdl farm 1
reowolf graph --format=dot trio.pdl
reowolf graph --format=dot trio.pdl lonely
# What a component has made itself, and what it has handed on.
reowolf graph --format=dot asking.pdl
# As a picture; the ending of the file decides.
reowolf graph farm.pdl | tail -n 1
reowolf graph -o farm.svg farm.pdl && tail -n 1 farm.svg
reowolf graph -o farm.dot farm.pdl && tail -n 1 farm.dot
reowolf graph --format=dot -o farm.txt farm.pdl && tail -n 1 farm.txt
PATH="$(dirname "$(command -v reowolf)")" reowolf graph farm.pdl
# What cannot be drawn.
reowolf graph farm.pdl farm
reowolf graph farm.pdl absent
reowolf graph farm.pdl -o farm.svg
reowolf graph trio.pdl trio 3
reowolf graph trio.pdl endless
reowolf graph trio.pdl too_many
reowolf graph trio.pdl failing 0
reowolf graph absent.pdl
reowolf graph --format=gif farm.pdl
reowolf graph -o absent/farm.svg farm.pdl
reowolf graph -o farm.png farm.pdl
# A local view: what it links with is at the other peer.
reowolf graph --format=dot view.pdl
