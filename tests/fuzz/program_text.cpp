// SPDX-License-Identifier: MIT
#include "fuzz/program_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

namespace reowolf::fuzz {
namespace {

// Types that expressions can be made for. The text begins with their definitions.
constexpr std::array<std::string_view, 12> types = {
    "u8",        "u32",    "s64",   "f64",          "bool",
    "char",      "string", "u32[]", "(u8, string)", "Pair<u32, bool>",
    "Maybe<u8>", "Colour"};
enum Type : std::size_t {
    u8,
    u32,
    s64,
    f64,
    boolean,
    character,
    string,
    array,
    tuple,
    pair,
    maybe,
    colour
};

constexpr std::string_view prelude =
    "struct Pair<A, B> { A first, B second }\n"
    "union Maybe<T> { None, Some(T) }\n"
    "union List { Nil, Cons(u32, List) }\n"
    "enum Colour { Red, Green = LIMIT, Blue }\n"
    "const u32 LIMIT = twice(4);\n"
    "func twice(u32 n) -> u32 { return n * 2; }\n"
    "func same<T>(T x) -> T { return x; }\n";

constexpr std::array<std::string_view, 96> words = {"#version 100\n",
                                                    "#module a\n",
                                                    "import std.reo;\n",
                                                    "(",
                                                    ")",
                                                    "{",
                                                    "}",
                                                    "[",
                                                    "]",
                                                    "<",
                                                    ">",
                                                    ",",
                                                    ";",
                                                    ":",
                                                    "::",
                                                    ".",
                                                    "..",
                                                    "->",
                                                    "<-",
                                                    "=",
                                                    "==",
                                                    "!=",
                                                    "<=",
                                                    ">=",
                                                    "&&",
                                                    "||",
                                                    "!",
                                                    "~",
                                                    "+",
                                                    "-",
                                                    "*",
                                                    "/",
                                                    "%",
                                                    "<<",
                                                    ">>",
                                                    "&",
                                                    "^",
                                                    "|",
                                                    "@",
                                                    "?",
                                                    "+=",
                                                    "@=",
                                                    "<<=",
                                                    "++",
                                                    "--",
                                                    "auto",
                                                    "in",
                                                    "out",
                                                    "in<u32>",
                                                    "out<in<u8>>",
                                                    "msg",
                                                    "u8",
                                                    "s32",
                                                    "f32",
                                                    "string",
                                                    "struct",
                                                    "enum",
                                                    "union",
                                                    "const",
                                                    "func",
                                                    "primitive",
                                                    "composite",
                                                    "comp",
                                                    "connector",
                                                    "peer",
                                                    "self",
                                                    "link",
                                                    "listen",
                                                    "key",
                                                    "via",
                                                    "at",
                                                    "sync",
                                                    "fork",
                                                    "or",
                                                    "select",
                                                    "channel",
                                                    "new",
                                                    "let",
                                                    "if",
                                                    "else",
                                                    "while",
                                                    "for",
                                                    "break",
                                                    "continue",
                                                    "return",
                                                    "goto",
                                                    "assert",
                                                    "skip",
                                                    "cast",
                                                    "get",
                                                    "put",
                                                    "fires",
                                                    "print",
                                                    "0",
                                                    "18446744073709551615",
                                                    "\"\\u{e9}\""};

class Maker {
  public:
    explicit Maker(Random& random) : random_(random) {}

    std::string program() {
        out_ = prelude;
        const std::size_t functions = 1 + random_.below(3);
        for (std::size_t i = 0; i < functions; ++i) function(i);
        if (random_.chance(50)) {
            const auto type = any_type();
            out_ += fmt::format("const {} FIXED = {};\n", types[type], expression(type, 3));
        }
        component("composite main()", false);
        if (random_.chance(60)) component("comp worker(in<u32> from, out<u32> to)", true);
        return std::move(out_);
    }

  private:
    struct Variable {
        std::string name;
        std::size_t type;
    };

    std::size_t any_type() { return random_.below(types.size()); }

    void function(std::size_t number) {
        const auto type = any_type();
        variables_ = {{"a", u32}, {"b", any_type()}};
        out_ += fmt::format("func f{}(u32 a, {} b) -> {} {{\n", number, types[variables_[1].type],
                            types[type]);
        body(2, false);
        out_ += fmt::format("return {};\n}}\n", expression(type, 3));
    }

    void component(std::string_view head, bool ports) {
        variables_.clear();
        out_ += fmt::format("{} {{\n", head);
        body(3, false);
        if (ports) {
            out_ += "sync {\n";
            body(2, true);
            out_ += "}\n";
        } else if (random_.chance(30)) {
            out_ += "channel x -> y; channel z -> w; new worker(y, z);\n";
        }
        out_ += "}\n";
    }

    void body(int depth, bool sync) {
        const std::size_t count = random_.below(4);
        const std::size_t known = variables_.size();
        for (std::size_t i = 0; i < count; ++i) statement(depth, sync);
        if (depth < 3) variables_.resize(known);
    }

    void statement(int depth, bool sync) {
        switch (random_.below(sync ? 11 : 8)) {
            case 0:
            case 1:
                declaration();
                break;
            case 2:
                assignment();
                break;
            case 3:
                if (depth > 0) {
                    out_ += fmt::format("if ({}) {{\n", expression(boolean, 2));
                    body(depth - 1, sync);
                    out_ += "} else {\n";
                    body(depth - 1, sync);
                    out_ += "}\n";
                }
                break;
            case 4:
                if (depth > 0) {
                    out_ += fmt::format("for (auto i{} in 0..{}) {{\n", next_, random_.below(4));
                    ++next_;
                    body(depth - 1, sync);
                    out_ += "}\n";
                }
                break;
            case 5:
                out_ += fmt::format("if (let Maybe::Some(m{}) = {}) skip;\n", next_++,
                                    expression(maybe, 2));
                break;
            case 6:
                out_ += fmt::format("assert({});\n", expression(boolean, 2));
                break;
            case 7:
                out_ += random_.chance(50) ? "skip;\n" : "{ }\n";
                break;
            case 8:
                out_ += fmt::format("put(to, {});\n", expression(u32, 2));
                break;
            case 9:
                out_ += fmt::format("auto g{} = get(from);\n", next_++);
                break;
            default:
                out_ += "fork put(to, 1); or skip;\n";
        }
    }

    void declaration() {
        const auto type = any_type();
        const std::string name = fmt::format("v{}", next_++);
        const bool inferred = random_.chance(40);
        out_ += fmt::format("{} {} = {};\n", inferred ? "auto" : types[type], name,
                            expression(type, 3));
        variables_.push_back({name, type});
    }

    void assignment() {
        if (variables_.empty()) return declaration();
        const Variable& to = variables_[random_.below(variables_.size())];
        out_ += fmt::format("{} = {};\n", to.name, expression(to.type, 2));
    }

    std::string number() {
        constexpr std::array<std::string_view, 8> numbers = {"0", "1",   "2",    "7",
                                                             "9", "100", "0x7F", "1_2"};
        return std::string(numbers[random_.below(numbers.size())]);
    }

    std::string expression(std::size_t type, int depth) {
        std::vector<const Variable*> fitting;
        for (const Variable& each : variables_) {
            if (each.type == type) fitting.push_back(&each);
        }
        if (!fitting.empty() && random_.chance(50)) {
            return fitting[random_.below(fitting.size())]->name;
        }
        if (depth == 0) return leaf(type);
        const auto inner = [&](std::size_t of) { return expression(of, depth - 1); };
        switch (random_.below(8)) {
            case 0:
                return fmt::format("({} ? {} : {})", inner(boolean), inner(type), inner(type));
            case 1:
                return fmt::format("same({})", inner(type));
            case 2:
                return fmt::format("({}, {}).0", inner(type), inner(any_type()));
            case 3:
                return fmt::format("{{{}, {}}}[{}]", inner(type), inner(type), random_.below(3));
            default:
                return compound(type, depth);
        }
    }

    std::string compound(std::size_t type, int depth) {
        const auto inner = [&](std::size_t of) { return expression(of, depth - 1); };
        constexpr std::array<std::string_view, 10> arithmetic = {"+", "-", "*", "/",  "%",
                                                                 "&", "|", "^", "<<", ">>"};
        constexpr std::array<std::string_view, 6> comparing = {"==", "!=", "<", "<=", ">", ">="};
        switch (type) {
            case u8:
            case u32:
            case s64:
                if (random_.chance(20)) {
                    return fmt::format("cast<{}>({})", types[type], inner(random_.below(6)));
                }
                if (type == u32 && random_.chance(20))
                    return fmt::format("length({})", inner(string));
                return fmt::format("({} {} {})", inner(type), arithmetic[random_.below(10)],
                                   inner(type));
            case f64:
                return fmt::format("({} {} {})", inner(f64), arithmetic[random_.below(4)],
                                   inner(f64));
            case boolean: {
                if (random_.chance(40)) {
                    return fmt::format("({} {} {})", inner(boolean),
                                       random_.chance(50) ? "&&" : "||", inner(boolean));
                }
                const auto of = any_type();
                const bool ordered = of <= string && of != boolean;
                return fmt::format("({} {} {})", inner(of),
                                   comparing[random_.below(ordered ? 6 : 2)], inner(of));
            }
            case string:
            case array:
                if (random_.chance(40)) {
                    return fmt::format("{}[{}..]", inner(type), random_.below(2));
                }
                return fmt::format("({} @ {})", inner(type), inner(type));
            case tuple:
                return fmt::format("({}, {})", inner(u8), inner(string));
            case pair:
                return fmt::format("Pair{{ first: {}, second: {} }}", inner(u32), inner(boolean));
            case maybe:
                return fmt::format("Maybe::Some({})", inner(u8));
            default:
                return leaf(type);
        }
    }

    std::string leaf(std::size_t type) {
        switch (type) {
            case u8:
            case u32:
            case s64:
                return number();
            case f64:
                return random_.chance(50) ? "1.5" : "2e3";
            case boolean:
                return random_.chance(50) ? "true" : "false";
            case character:
                return "'a'";
            case string:
                return random_.chance(50) ? "\"\"" : "\"h\\u{e9}\"";
            case array:
                return random_.chance(50) ? "{}" : "{1, LIMIT}";
            case tuple:
                return "(3, \"x\")";
            case pair:
                return "Pair{ first: 1, second: true }";
            case maybe:
                return "Maybe::None";
            default:
                return "Colour::Green";
        }
    }

    Random& random_;
    std::string out_;
    std::vector<Variable> variables_;
    std::size_t next_ = 0;
};

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Roughly the tokens, with the blanks before them.
std::vector<std::string_view> tokens_of(std::string_view text) {
    std::vector<std::string_view> tokens;
    while (!text.empty()) {
        std::size_t end = 0;
        while (end < text.size() && (text[end] == ' ' || text[end] == '\n')) ++end;
        if (end < text.size() && is_word(text[end])) {
            while (end < text.size() && is_word(text[end])) ++end;
        } else if (end < text.size()) {
            ++end;
        }
        tokens.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return tokens;
}

}  // namespace

std::string make_program(Random& random) {
    return Maker(random).program();
}

std::string change_program(std::string_view text, Random& random) {
    const std::string other = random.chance(30) ? make_program(random) : std::string(text);
    std::vector<std::string_view> tokens = tokens_of(text);
    const std::vector<std::string_view> others = tokens_of(other);
    const std::size_t changes = 1 + random.below(4);
    for (std::size_t i = 0; i < changes && !tokens.empty(); ++i) {
        const std::size_t at = random.below(tokens.size());
        const std::size_t most = std::min<std::size_t>(tokens.size() - at, 1 + random.below(30));
        const auto here = tokens.begin() + static_cast<std::ptrdiff_t>(at);
        switch (random.below(6)) {
            case 0:
                tokens.erase(here, here + static_cast<std::ptrdiff_t>(most));
                break;
            case 1:
                *here = words[random.below(words.size())];
                break;
            case 2:
                tokens.insert(here, words[random.below(words.size())]);
                break;
            case 3:
                std::swap(*here, tokens[random.below(tokens.size())]);
                break;
            case 4: {
                const std::vector<std::string_view> part(here,
                                                         here + static_cast<std::ptrdiff_t>(most));
                const std::size_t to = random.below(tokens.size());
                tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(to), part.begin(),
                              part.end());
                break;
            }
            default: {
                if (others.empty()) break;
                const std::size_t from = random.below(others.size());
                const std::size_t count = std::min(others.size() - from, most);
                const auto first = others.begin() + static_cast<std::ptrdiff_t>(from);
                tokens.insert(here, first, first + static_cast<std::ptrdiff_t>(count));
            }
        }
    }
    std::string changed;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const bool joins = i > 0 && !changed.empty() && !tokens[i].empty() &&
                           is_word(changed.back()) && is_word(tokens[i][0]);
        if (joins) changed += ' ';
        changed += tokens[i];
    }
    return changed;
}

}  // namespace reowolf::fuzz
