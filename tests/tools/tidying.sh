# The canonical layout, in place and as a filter.
reowolf fmt --check untidy.pdl farm.pdl
reowolf fmt --stdout untidy.pdl
reowolf fmt - < untidy.pdl | cmp - <(reowolf fmt --stdout untidy.pdl)
chmod 640 untidy.pdl; ln -s untidy.pdl link.pdl; reowolf fmt link.pdl farm.pdl
stat -c '%a %F' untidy.pdl link.pdl; ls *.new
reowolf fmt --check untidy.pdl farm.pdl
reowolf run untidy.pdl
# What stays as it is.
echo 'primitive main() { x = ; }' > wrong.pdl; reowolf fmt wrong.pdl untidy.pdl
cat wrong.pdl
reowolf fmt absent.pdl
reowolf fmt
printf '' | reowolf fmt -
printf '\n\n// only a comment' | reowolf fmt -
reowolf fmt --stdout long.pdl
# A comment that ends its line in a list still does, and the next time too.
printf 'const u32[] PRIMES = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, /* the last but one */\n83, 89};\n' > listed.pdl; reowolf fmt listed.pdl; cat listed.pdl
reowolf fmt --check listed.pdl
printf 'const u32[] PRIMES = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, /* the last\n   but one */97, 101};\n' > listed.pdl; reowolf fmt listed.pdl; cat listed.pdl; reowolf fmt --check listed.pdl
# What some editors begin a text with is no part of it.
printf '\xef\xbb\xbf#version 100\ncomposite  main() {}\n' > marked.pdl; reowolf fmt marked.pdl; reowolf fmt --check marked.pdl; od -A n -c marked.pdl | head -n 1
printf '\xef\xbb\xbf// first\ncomposite  main() {}\n' | reowolf fmt -
echo 'composite main() {' | reowolf fmt --diagnostics json -
# A block with nothing but a remark.
printf 'composite main() {/* nothing */}\nprimitive p() { while (true) {  /* wait */ } }\n' > remarks.pdl; reowolf fmt remarks.pdl; reowolf fmt --check remarks.pdl; cat remarks.pdl
# The same layout again, wherever the remark stood.
printf 'composite main() {\n/* nothing */ }\nprimitive p() { if (true) /* wait */\n; }\n' > remarks.pdl; reowolf fmt remarks.pdl; reowolf fmt --check remarks.pdl; cat remarks.pdl
