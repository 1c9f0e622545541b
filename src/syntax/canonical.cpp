// SPDX-License-Identifier: MIT
#include "syntax/canonical.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "syntax/literal.hpp"

namespace reowolf::syntax {

namespace tree {

std::string_view spelling(UnaryOperator of) {
    constexpr std::string_view spellings[] = {"!", "~", "+", "-"};
    return spellings[static_cast<std::size_t>(of)];
}

std::string_view spelling(BinaryOperator of) {
    constexpr std::string_view spellings[] = {"*", "/", "%",  "+", "-",  "<<", ">>", "&",  "^", "|",
                                              "@", "<", "<=", ">", ">=", "==", "!=", "&&", "||"};
    return spellings[static_cast<std::size_t>(of)];
}

namespace {

class CanonicalPrinter {
  public:
    std::string take() { return std::move(text_); }

    void type(const Type& of) {
        constexpr std::string_view names[] = {"bool",   "u8",  "u16", "u32", "u64", "s8",
                                              "s16",    "s32", "s64", "f32", "f64", "char",
                                              "string", "",    "in",  "out"};
        switch (of.kind) {
            case TypeKind::array:
                type(of.arguments[0]);
                text_ += "[]";
                return;
            case TypeKind::in_port:
            case TypeKind::out_port:
                text_ += names[static_cast<std::size_t>(of.kind)];
                text_ += '<';
                if (of.arguments.empty()) {
                    text_ += "u8[]";
                } else {
                    type(of.arguments[0]);
                }
                text_ += '>';
                return;
            case TypeKind::automatic:
                text_ += "auto";
                return;
            case TypeKind::named:
                if (!of.module.empty()) text_ += of.module + "::";
                text_ += of.name;
                type_arguments(of.arguments);
                return;
            case TypeKind::tuple:
                text_ += '(';
                types(of.arguments);
                text_ += ')';
                return;
            case TypeKind::invalid:
                text_ += "?";
                return;
            default:
                text_ += names[static_cast<std::size_t>(of.kind)];
        }
    }

    void expression(const Expression& of) {
        std::visit([&](const auto& node) { print(node); }, of.node);
    }

    // The body of a statement, in braces whether it was or not.
    void body(const Statement& of) {
        const Statement* inner = &of;
        while (const auto* block = std::get_if<Block>(&inner->node)) {
            if (block->statements.size() != 1) break;
            inner = block->statements[0].get();
        }
        open();
        if (const auto* block = std::get_if<Block>(&inner->node)) {
            statements(*block);
        } else {
            statement(*inner);
        }
        close();
    }

    void statements(const Block& block) {
        for (const StatementPtr& each : block.statements) statement(*each);
    }

    void statement(const Statement& of) {
        std::visit([&](const auto& node) { print(node); }, of.node);
    }

    void definition(const Definition& of) {
        std::visit([&](const auto& node) { print(node); }, of);
    }

    void line(std::string_view words) {
        begin();
        text_ += words;
        end();
    }

  private:
    void begin() { text_.append(indent_ * 4, ' '); }
    void end() { text_ += '\n'; }
    void open() {
        text_ += " {\n";
        ++indent_;
    }
    void close() {
        --indent_;
        begin();
        text_ += "}\n";
    }
    void list(const std::vector<ExpressionPtr>& of) {
        for (std::size_t i = 0; i < of.size(); ++i) {
            if (i > 0) text_ += ", ";
            expression(*of[i]);
        }
    }

    void types(const std::vector<Type>& of) {
        for (std::size_t i = 0; i < of.size(); ++i) {
            if (i > 0) text_ += ", ";
            type(of[i]);
        }
    }
    void type_arguments(const std::vector<Type>& of) {
        if (of.empty()) return;
        text_ += '<';
        types(of);
        text_ += '>';
    }
    void type_parameters(const std::vector<Name>& of) {
        if (of.empty()) return;
        text_ += '<';
        for (std::size_t i = 0; i < of.size(); ++i) {
            if (i > 0) text_ += ", ";
            text_ += of[i].text;
        }
        text_ += '>';
    }
    void path(const std::vector<PathStep>& of) {
        for (std::size_t i = 0; i < of.size(); ++i) {
            if (i > 0) text_ += "::";
            text_ += of[i].name.text;
            type_arguments(of[i].arguments);
        }
    }
    void print(const FloatLiteral& of) { text_ += fmt::format("{}", of.value); }
    void print(const TupleLiteral& of) {
        text_ += '(';
        list(of.elements);
        text_ += ')';
    }
    void print(const Scoped& of) {
        path(of.path);
        if (!of.called) return;
        text_ += '(';
        list(of.arguments);
        text_ += ')';
    }
    void print(const StructLiteral& of) {
        path(of.path);
        text_ += '{';
        for (std::size_t i = 0; i < of.fields.size(); ++i) {
            text_ += i > 0 ? ", " : " ";
            text_ += of.fields[i].name.text + ": ";
            expression(*of.fields[i].value);
        }
        text_ += of.fields.empty() ? "}" : " }";
    }
    void print(const Let& of) {
        text_ += "let ";
        expression(*of.pattern);
        text_ += " = ";
        expression(*of.value);
    }
    void print(const Invalid&) { text_ += '?'; }
    void print(const BooleanLiteral& of) { text_ += of.value ? "true" : "false"; }
    void print(const IntegerLiteral& of) { text_ += std::to_string(of.value); }
    void print(const CharacterLiteral& of) {
        text_ += quoted(std::string(1, static_cast<char>(of.value)), '\'');
    }
    void print(const StringLiteral& of) { text_ += quoted(of.bytes, '"'); }
    void print(const ArrayLiteral& of) {
        text_ += '{';
        list(of.elements);
        text_ += '}';
    }
    void print(const NameUse& of) { text_ += of.name; }
    void print(const Member& of) {
        if (of.member.text == "length") {
            text_ += "length(";
            expression(*of.of);
            text_ += ')';
        } else {
            expression(*of.of);
            text_ += '.' + of.member.text;
        }
    }
    void print(const Index& of) {
        expression(*of.of);
        text_ += '[';
        expression(*of.index);
        text_ += ']';
    }
    void print(const Slice& of) {
        expression(*of.of);
        text_ += '[';
        if (of.low) expression(*of.low);
        text_ += "..";
        if (of.high) expression(*of.high);
        text_ += ']';
    }
    void print(const Call& of) {
        text_ += of.callee.text + '(';
        list(of.arguments);
        text_ += ')';
    }
    void print(const Cast& of) {
        text_ += "cast";
        if (of.target) {
            text_ += '<';
            type(*of.target);
            text_ += '>';
        }
        text_ += '(';
        expression(*of.of);
        text_ += ')';
    }
    void print(const Unary& of) {
        text_ += '(';
        text_ += spelling(of.op);
        expression(*of.of);
        text_ += ')';
    }
    void print(const Binary& of) {
        text_ += '(';
        expression(*of.left);
        text_ += ' ';
        text_ += spelling(of.op);
        text_ += ' ';
        expression(*of.right);
        text_ += ')';
    }
    void print(const Conditional& of) {
        text_ += '(';
        expression(*of.condition);
        text_ += " ? ";
        expression(*of.yes);
        text_ += " : ";
        expression(*of.no);
        text_ += ')';
    }

    void print(const Skip&) {}
    void print(const Block& of) {
        // Braces matter only around what they hide.
        const bool hides =
            std::any_of(of.statements.begin(), of.statements.end(), [](const StatementPtr& each) {
                return std::holds_alternative<Declaration>(each->node) ||
                       std::holds_alternative<Channel>(each->node);
            });
        if (!hides) return statements(of);
        begin();
        text_ += "{\n";
        ++indent_;
        statements(of);
        close();
    }
    void print(const Declaration& of) {
        for (const Variable& variable : of.variables) {
            begin();
            type(of.type);
            text_ += ' ' + variable.name.text;
            if (variable.value) {
                text_ += " = ";
                expression(*variable.value);
            }
            text_ += ';';
            end();
        }
    }
    void print(const Assignment& of) {
        begin();
        expression(*of.place);
        text_ += ' ';
        if (of.op) text_ += spelling(*of.op);
        text_ += "= ";
        expression(*of.value);
        text_ += ';';
        end();
    }
    void print(const Evaluation& of) {
        begin();
        expression(*of.expression);
        text_ += ';';
        end();
    }
    void print(const If& of) {
        begin();
        text_ += "if ";
        expression(*of.condition);
        body(*of.yes);
        if (of.no) {
            begin();
            text_ += "else";
            body(*of.no);
        }
    }
    void print(const While& of) {
        begin();
        text_ += "while ";
        expression(*of.condition);
        body(*of.body);
    }
    void print(const For& of) {
        begin();
        text_ += "for ";
        type(of.type);
        text_ += ' ' + of.name.text + " in ";
        expression(*of.low);
        if (of.high) {
            text_ += "..";
            expression(*of.high);
        }
        body(*of.body);
    }
    void print(const Break& of) { line(of.label ? "break " + of.label->text + ';' : "break;"); }
    void print(const Continue& of) {
        line(of.label ? "continue " + of.label->text + ';' : "continue;");
    }
    void print(const Goto& of) { line("goto " + of.label.text + ';'); }
    void print(const Labelled& of) {
        line(of.label.text + ':');
        statement(*of.statement);
    }
    void print(const Select& of) {
        begin();
        text_ += "select";
        open();
        for (const SelectArm& arm : of.arms) {
            begin();
            for (std::size_t i = 0; i < arm.gets.size(); ++i) {
                if (i > 0) text_ += ", ";
                type(arm.gets[i].type);
                text_ += ' ' + arm.gets[i].name.text + " = ";
                expression(*arm.gets[i].value);
            }
            text_ += " ->";
            body(*arm.body);
        }
        close();
    }
    void print(const Return& of) {
        begin();
        text_ += "return";
        if (of.value) {
            text_ += ' ';
            expression(*of.value);
        }
        text_ += ';';
        end();
    }
    void print(const Assert& of) {
        begin();
        text_ += "assert ";
        expression(*of.condition);
        text_ += ';';
        end();
    }
    void print(const Sync& of) {
        begin();
        text_ += "sync";
        body(*of.body);
    }
    void print(const Fork& of) {
        std::string_view word = "fork";
        for (const StatementPtr& alternative : of.alternatives) {
            begin();
            text_ += word;
            body(*alternative);
            word = "or";
        }
    }
    void print(const tree::Channel& of) {
        begin();
        text_ += "channel";
        if (of.message) {
            text_ += '<';
            type(*of.message);
            text_ += '>';
        }
        text_ += ' ' + of.out.text + " -> " + of.in.text + ';';
        end();
    }
    void print(const New& of) {
        begin();
        text_ += "new ";
        path(of.path);
        text_ += '(';
        list(of.arguments);
        text_ += ')';
        if (of.peer) text_ += " at " + of.peer->text;
        text_ += ';';
        end();
    }

    void print(const Routine& of) {
        constexpr std::string_view keywords[] = {"func", "primitive", "composite", "comp"};
        begin();
        text_ += keywords[static_cast<std::size_t>(of.kind)];
        text_ += ' ' + of.name.text;
        type_parameters(of.type_parameters);
        text_ += '(';
        for (std::size_t i = 0; i < of.parameters.size(); ++i) {
            if (i > 0) text_ += ", ";
            type(of.parameters[i].type);
            text_ += ' ' + of.parameters[i].name.text;
        }
        text_ += ')';
        if (of.result) {
            text_ += " -> ";
            type(*of.result);
        }
        if (of.is_native) {
            text_ += ';';
            return end();
        }
        open();
        statements(of.body);
        close();
    }
    void print(const Structure& of) {
        begin();
        text_ += "struct " + of.name.text;
        type_parameters(of.type_parameters);
        open();
        for (const Parameter& field : of.fields) {
            begin();
            type(field.type);
            text_ += ' ' + field.name.text + ",\n";
        }
        close();
    }
    void print(const Enumeration& of) {
        begin();
        text_ += "enum " + of.name.text;
        open();
        for (const EnumVariant& variant : of.variants) {
            begin();
            text_ += variant.name.text;
            if (variant.value) {
                text_ += " = ";
                expression(*variant.value);
            }
            text_ += ",\n";
        }
        close();
    }
    void print(const Union& of) {
        begin();
        text_ += "union " + of.name.text;
        type_parameters(of.type_parameters);
        open();
        for (const UnionVariant& variant : of.variants) {
            begin();
            text_ += variant.name.text;
            if (!variant.fields.empty()) {
                text_ += '(';
                types(variant.fields);
                text_ += ')';
            }
            text_ += ",\n";
        }
        close();
    }
    void print(const Constant& of) {
        begin();
        text_ += "const ";
        type(of.type);
        text_ += ' ' + of.name.text + " = ";
        expression(*of.value);
        text_ += ';';
        end();
    }
    void print(const Connector& of) {
        begin();
        text_ += "connector " + of.name.text;
        open();
        for (const Peer& peer : of.peers) {
            begin();
            text_ += "peer " + peer.name.text + " = " + quoted(peer.address.text, '"');
            open();
            if (!peer.listen.text.empty()) line("listen " + quoted(peer.listen.text, '"') + ';');
            if (!peer.key.text.empty()) line("key " + quoted(peer.key.text, '"') + ';');
            if (!peer.via.text.empty()) line("via " + quoted(peer.via.text, '"') + ';');
            for (const PeerPort& port : peer.ports) {
                begin();
                type(port.type);
                text_ += ' ' + port.name.text + ';';
                end();
            }
            close();
        }
        for (const Link& link : of.links) {
            begin();
            text_ += "link ";
            type(link.type);
            text_ += ' ' + link.name.text +
                     (link.type.kind == TypeKind::in_port ? " <- " : " -> ") + link.peer.text +
                     '.' + link.port.text + ';';
            end();
        }
        statements(of.body);
        close();
    }

    std::string text_;
    std::size_t indent_ = 0;
};

const Name& name_of(const Definition& of) {
    return std::visit([](const auto& node) -> const Name& { return node.name; }, of);
}

void imports(const Module& module, CanonicalPrinter& printer) {
    for (const Import& each : module.imports) {
        std::string words = "import " + each.module.text + " as " + each.known_as.text;
        for (const ImportedName& name : each.names) {
            words += ' ' + name.name.text + " as " + name.known_as.text;
        }
        printer.line(words + (each.everything ? " *;" : ";"));
    }
}

}  // namespace

}  // namespace tree

std::string canonical(const tree::Module& module) {
    tree::CanonicalPrinter printer;
    if (module.name) printer.line("module " + module.name->text);
    tree::imports(module, printer);
    std::vector<const tree::Definition*> ordered;
    for (const tree::Definition& each : module.definitions) ordered.push_back(&each);
    std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) {
        return std::tie(tree::name_of(*a).text, tree::name_of(*a).span.begin) <
               std::tie(tree::name_of(*b).text, tree::name_of(*b).span.begin);
    });
    for (const tree::Definition* each : ordered) printer.definition(*each);
    return printer.take();
}

std::string dump(const tree::Module& module) {
    tree::CanonicalPrinter printer;
    if (module.name) printer.line("module " + module.name->text);
    tree::imports(module, printer);
    if (module.self) printer.line("self " + module.self->text + ';');
    for (const tree::Definition& each : module.definitions) printer.definition(each);
    return printer.take();
}

}  // namespace reowolf::syntax
