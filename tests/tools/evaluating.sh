# Values in literal syntax.
reowolf eval shapes.pdl 'square(7)'
reowolf eval shapes.pdl '-square(7) + 1'
reowolf eval shapes.pdl 'SIDES'
reowolf eval shapes.pdl '"a\tb" @ "é"'
reowolf eval shapes.pdl "{'a', '\\n'}"
reowolf eval shapes.pdl 'Point{ x: 1, y: square(2) }'
reowolf eval shapes.pdl '(Option<u8>::Some(3), Colour::Green, 1.0, second<u8, bool>(1, true), second(1, "x"))'
reowolf eval shapes.pdl 'Metres{ n: 3 }.n'
reowolf eval shapes.pdl '1 == 1 && !false'
reowolf eval shapes.pdl '{1, 2, 3}[1..]'
reowolf eval shapes.pdl '{}'
reowolf eval shapes.pdl 'Option::None'
cd /; reowolf eval -I "$OLDPWD" "$OLDPWD/shapes.pdl" 'SIDES'
echo 'const u8 N = 3;' | reowolf eval - 'N * 2'
# What is wrong with the expression.
reowolf eval shapes.pdl 'squares(7)'
reowolf eval shapes.pdl 'square("7")'
reowolf eval shapes.pdl '1 +'
reowolf eval shapes.pdl ''
reowolf eval shapes.pdl '1; 2'
reowolf eval shapes.pdl 'print(1)'
reowolf eval shapes.pdl 'get(to)'
reowolf eval shapes.pdl 'main'
reowolf eval shapes.pdl 'let x = 1'
reowolf eval shapes.pdl
reowolf eval absent.pdl 1
echo 'func f() -> u8 { return 1000; }' | reowolf eval - 'f(1)'
# What goes wrong while it is computed.
reowolf eval shapes.pdl '10 / (SIDES - 4)'
reowolf eval shapes.pdl 'thin({1, 2}, 2)'
reowolf eval shapes.pdl 'cast<u8>(square(100))'
reowolf eval shapes.pdl 'endless(0)'
timeout --preserve-status -s INT 0.3 reowolf eval shapes.pdl 'for_ever()'
