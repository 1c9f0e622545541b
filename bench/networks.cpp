// SPDX-License-Identifier: MIT
#include "networks.hpp"

#include <fmt/format.h>

namespace reowolf::bench {

namespace {

constexpr const char* source_and_sink = R"(
primitive source(out<u64> to) { u64 n = 0; while (true) { sync put(to, n); n += 1; } }
primitive sink(in<u64> from) { u64 sum = 0; while (true) sync sum += get(from); }
)";

}  // namespace

std::string rendezvous() {
    return std::string(source_and_sink) +
           "composite main() { channel a -> b; new source(a); new sink(b); }";
}

std::string merger(std::size_t n) {
    std::string arms;
    for (std::size_t i = 0; i < n; ++i) {
        arms += fmt::format("{} put(to, get(from[{}]));\n", i == 0 ? "fork" : "or", i);
    }
    return fmt::format(R"({}
primitive merger(in<u64>[] from, out<u64> to) {{ while (true) sync {{ {} }} }}
composite main() {{
    in<u64>[] merged = {{}};
    for (auto i in 0..{}) {{ channel to -> from; new source(to); merged @= {{from}}; }}
    channel to -> from;
    new merger(merged, to);
    new sink(from);
}})",
                       source_and_sink, arms, n);
}

std::string replicator(std::size_t n) {
    return fmt::format(R"({}
primitive replicator(out<u64>[] to) {{
    u64 n = 0;
    while (true) {{ sync for (auto i in 0..{}) put(to[i], n); n += 1; }}
}}
composite main() {{
    out<u64>[] all = {{}};
    for (auto i in 0..{}) {{ channel to -> from; new sink(from); all @= {{to}}; }}
    new replicator(all);
}})",
                       source_and_sink, n, n);
}

std::string exchange(std::size_t n) {
    return fmt::format(R"(
primitive party(out<u64> give, in<u64> take) {{
    u64 n = 0;
    while (true) {{ sync {{ put(give, n); get(take); }} n += 1; }}
}}
composite main() {{
    channel first -> last;
    auto take = last;
    for (auto i in 0..{}) {{ channel give -> next; new party(give, take); take = next; }}
    new party(first, take);
}})",
                       n - 1);
}

std::string router(std::size_t n) {
    std::string arms;
    for (std::size_t i = 0; i < n; ++i) {
        arms += fmt::format("{} put(to[{}], v);\n", i == 0 ? "fork" : "or", i);
    }
    return fmt::format(R"({}
primitive router(in<u64> from, out<u64>[] to) {{
    while (true) sync {{ u64 v = get(from); {} }}
}}
composite main() {{
    out<u64>[] all = {{}};
    for (auto i in 0..{}) {{ channel to -> from; new sink(from); all @= {{to}}; }}
    channel to -> from;
    new source(to);
    new router(from, all);
}})",
                       source_and_sink, arms, n);
}

std::string barrier(std::size_t n) {
    return fmt::format(R"({}
primitive meeting(in<u64>[] from) {{
    u64 sum = 0;
    while (true) sync for (auto i in 0..{}) sum += get(from[i]);
}}
composite main() {{
    in<u64>[] all = {{}};
    for (auto i in 0..{}) {{ channel to -> from; new source(to); all @= {{from}}; }}
    new meeting(all);
}})",
                       source_and_sink, n, n);
}

std::string alternator() {
    return std::string(source_and_sink) + R"(
primitive alternator(in<u64> a, in<u64> b) {
    u64 sum = 0;
    while (true) { sync sum += get(a); sync sum += get(b); }
}
composite main() {
    channel ao -> a; channel bo -> b;
    new source(ao); new source(bo); new alternator(a, b);
})";
}

std::string pipeline(std::size_t n, bool in_one_round) {
    return fmt::format(R"({}
primitive stage(in<u64> from, out<u64> to) {{ {} }}
composite main() {{
    channel first -> second;
    new source(first);
    auto last = second;
    for (auto i in 0..{}) {{ channel to -> next; new stage(last, to); last = next; }}
    new sink(last);
}})",
                       source_and_sink,
                       in_one_round
                           ? "while (true) sync put(to, get(from) + 1);"
                           : "while (true) { u64 v = 0; sync v = get(from); sync put(to, v + 1); }",
                       n);
}

std::string idle(std::size_t n) {
    return fmt::format(R"({}
primitive keeper(out<u64>[] never, in<u64> end) {{ sync get(end); }}
primitive idle(in<u64> never) {{ sync get(never); }}
composite main() {{
    out<u64>[] kept = {{}};
    for (auto i in 0..{}) {{ channel never -> from; new idle(from); kept @= {{never}}; }}
    channel end -> ended;
    new keeper(kept, ended);
    new holder(end);
    channel a -> b; new source(a); new sink(b);
}}
primitive holder(out<u64> end) {{ sync {{ put(end, 1); put(end, 2); }} }}
)",
                       source_and_sink, n);
}

std::string array(std::size_t bytes, std::size_t n) {
    std::string doubling;
    for (std::size_t size = 1; size < bytes; size *= 2) doubling += "data = data @ data; ";
    return fmt::format(R"(
primitive source(out<u8[]> to) {{
    u8[] data = {{7}};
    {}
    while (true) sync put(to, data);
}}
primitive sink(in<u8[]> from) {{ while (true) sync {{ auto data = get(from); assert(data[0] == 7); }} }}
primitive stage(in<u8[]> from, out<u8[]> to) {{ while (true) sync put(to, get(from)); }}
composite main() {{
    channel first -> second;
    new source(first);
    auto last = second;
    for (auto i in 0..{}) {{ channel to -> next; new stage(last, to); last = next; }}
    new sink(last);
}})",
                       doubling, n);
}

std::string crowd(std::size_t n) {
    return fmt::format(R"(
primitive waiting(in<u64> from) {{ sync get(from); }}
primitive keeper(out<u64>[] all, in<u64> end) {{ sync get(end); }}
composite main() {{
    out<u64>[] all = {{}};
    for (auto i in 0..{}) {{ channel to -> from; new waiting(from); all @= {{to}}; }}
    channel to -> end; new keeper(all @ {{to}}, end);
}})",
                       n);
}

std::string nursery(std::size_t count) {
    return fmt::format(R"(
primitive child(out<u64> to) {{ skip; }}
primitive other(in<u64> from) {{ skip; }}
composite main() {{
    for (auto i in 0..{}) {{ channel to -> from; new child(to); new other(from); }}
}})",
                       count);
}

std::string row_of_forks(std::size_t n) {
    return fmt::format(R"(
primitive part(in<u32> a, in<u32> b, out<u32> c, out<u32> d) {{
    sync {{ fork put(c, get(a)); or put(d, get(b)); }}
}}
primitive first(out<u32> c, out<u32> d) {{ sync {{ fork put(c, 1); or put(d, 2); }} }}
primitive last(in<u32> a, in<u32> b) {{ sync print(get(b)); }}
composite main() {{
    channel a -> b; channel c -> d;
    new first(a, c);
    auto x = b; auto y = d;
    for (auto i in 0..{}) {{
        channel p -> q; channel r -> s;
        new part(x, y, p, r);
        x = q; y = s;
    }}
    new last(x, y);
}})",
                       n);
}

std::string row_of_guesses(std::size_t n) {
    return fmt::format(R"(
primitive sender(out<u32> o) {{ sync {{ put(o, 1); put(o, 2); }} }}
primitive receiver(in<u32> i, in<u32> before, out<u32> after) {{
    sync {{
        auto num = 0;
        fork num = 1; or num = 2; or num = 3;
        for (auto k in 0..num) get(i);
        put(after, get(before) + num);
    }}
}}
primitive first(out<u32> o) {{ sync put(o, 7); }}
primitive last(in<u32> i) {{ sync {{ auto sum = get(i); print((sum - 7) % 2 == 0); }} }}
composite main() {{
    channel a -> b;
    new first(a);
    auto x = b;
    for (auto i in 0..{}) {{
        channel p -> q; channel r -> s;
        new sender(p);
        new receiver(q, x, r);
        x = s;
    }}
    new last(x);
}})",
                       n);
}

std::string row_of_sums(std::size_t n) {
    return fmt::format(R"(
primitive stage(in<u32> a, out<u32> o) {{
    sync {{ auto x = get(a); fork put(o, x); or put(o, x + 1); }}
}}
primitive first(out<u32> o) {{ sync put(o, 0); }}
primitive last(in<u32> a) {{ sync {{ assert(get(a) == {0}); print("sum"); }} }}
composite main() {{
    channel begin -> second;
    new first(begin);
    auto from = second;
    for (auto i in 0..{0}) {{ channel to -> next; new stage(from, to); from = next; }}
    new last(from);
}})",
                       n);
}

std::string tree_of_sums(std::size_t n) {
    return fmt::format(R"(
primitive leaf(out<u32> o) {{ sync {{ fork put(o, 0); or put(o, 1); or put(o, 2); }} }}
primitive add(in<u32> a, in<u32> b, out<u32> o) {{ sync put(o, get(a) + get(b)); }}
primitive root(in<u32> a) {{ sync {{ assert(get(a) == {0}); print("sum"); }} }}
composite tree(out<u32> o, u32 leaves) {{
    if (leaves == 1) {{
        new leaf(o);
    }} else {{
        channel a -> b; channel c -> d;
        new tree(a, leaves / 2);
        new tree(c, leaves - leaves / 2);
        new add(b, d, o);
    }}
}}
composite main() {{ channel a -> b; new tree(a, {0}); new root(b); }})",
                       n);
}

std::string optional_puts(std::size_t n) {
    return fmt::format(R"(
primitive chooser(out<u32>[] a) {{
    sync {{
        for (auto i in 0..{0}) {{ fork put(a[i], 1); or skip; }}
        print("chosen");
    }}
}}
primitive reader(in<u32> a) {{ sync get(a); }}
composite main() {{
    out<u32>[] all = {{}};
    for (auto i in 0..{0}) {{ channel p -> q; all @= {{p}}; new reader(q); }}
    new chooser(all);
}})",
                       n);
}

std::string philosophers(std::size_t n) {
    return fmt::format(R"(
primitive tool(in<u32> left, in<u32> right) {{
    for (auto i in 0..2) sync {{ fork get(left); or get(right); }}
}}
primitive philosopher(out<u32> left, out<u32> right) {{ sync {{ put(left, 1); put(right, 1); }} }}
composite main() {{
    out<u32>[] lefts = {{}}; out<u32>[] rights = {{}};
    for (auto i in 0..{0}) {{
        channel a -> b; channel c -> d;
        new tool(b, d);
        lefts @= {{a}}; rights @= {{c}};
    }}
    for (auto i in 0..{0}) new philosopher(lefts[i], rights[(i + 1) % {0}]);
}})",
                       n);
}

std::string puzzle(std::size_t n, std::size_t k) {
    std::string arms;
    for (std::size_t i = 0; i < k; ++i) {
        arms += fmt::format("{} mine = {};\n", i == 0 ? "fork" : "or", i);
    }
    return fmt::format(R"(
primitive part(u64 number, in<u64> from, out<u64> to) {{
    while (true) sync {{
        u64 mine = 0;
        {}
        u64 before = get(from);
        assert(mine == (number * 7 + 3) % {});
        put(to, before + mine);
    }}
}}
primitive first(out<u64> to) {{ while (true) sync put(to, 0); }}
primitive last(in<u64> from) {{ while (true) sync get(from); }}
composite main() {{
    channel begin -> second;
    new first(begin);
    auto from = second;
    for (auto i in 0..{}) {{ channel to -> next; new part(i, from, to); from = next; }}
    new last(from);
}})",
                       arms, k, n);
}

}  // namespace reowolf::bench
