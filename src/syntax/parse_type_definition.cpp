// SPDX-License-Identifier: MIT
// struct, enum, union, and import.
#include "syntax/parsing.hpp"

namespace reowolf::syntax {

using diagnostics::Code;

bool Parser::type_parameters(std::vector<tree::Name>& names) {
    if (!accept(TokenKind::less)) return true;
    while (!at(TokenKind::greater)) {
        auto name = expect_name("of a type parameter");
        if (!name) return false;
        names.push_back(std::move(*name));
        if (!accept(TokenKind::comma)) break;
    }
    return expect_close_angle();
}

void Parser::structure(tree::Module& module) {
    take();
    tree::Structure made;
    auto name = expect_name("after 'struct'");
    if (!name) return recover_definition();
    made.name = *name;
    const auto give_up = [&] {
        module.excused.push_back(name->text);
        recover_definition();
    };
    if (!type_parameters(made.type_parameters)) return give_up();
    if (!expect(TokenKind::open_brace, "before the fields")) return give_up();
    while (!at(TokenKind::close_brace)) {
        auto of = type();
        if (!of) return give_up();
        auto field = expect_name("of a field, as in 'u32 n'");
        if (!field) return give_up();
        made.fields.push_back({std::move(*of), std::move(*field)});
        if (!count_node()) return;
        if (at(TokenKind::semicolon)) {
            // Once.
            if (made.fields.size() == 1) report<Code::fields_separated>(here());
            take();
        } else if (!accept(TokenKind::comma)) {
            break;
        }
    }
    if (!expect(TokenKind::close_brace, "after the fields")) return give_up();
    module.definitions.emplace_back(std::move(made));
}

void Parser::enumeration(tree::Module& module) {
    take();
    tree::Enumeration made;
    auto name = expect_name("after 'enum'");
    if (!name) return recover_definition();
    made.name = *name;
    const auto give_up = [&] {
        module.excused.push_back(name->text);
        recover_definition();
    };
    if (!expect(TokenKind::open_brace, "before the variants")) return give_up();
    while (!at(TokenKind::close_brace)) {
        auto variant = expect_name("of a variant");
        if (!variant) return give_up();
        tree::ExpressionPtr value;
        if (accept(TokenKind::assign)) {
            value = expression();
            if (!value) return give_up();
        }
        made.variants.push_back({std::move(*variant), std::move(value)});
        if (!count_node()) return;
        if (!accept(TokenKind::comma)) break;
    }
    if (!expect(TokenKind::close_brace, "after the variants")) return give_up();
    module.definitions.emplace_back(std::move(made));
}

void Parser::union_of(tree::Module& module) {
    take();
    tree::Union made;
    auto name = expect_name("after 'union'");
    if (!name) return recover_definition();
    made.name = *name;
    const auto give_up = [&] {
        module.excused.push_back(name->text);
        recover_definition();
    };
    if (!type_parameters(made.type_parameters)) return give_up();
    if (!expect(TokenKind::open_brace, "before the variants")) return give_up();
    while (!at(TokenKind::close_brace)) {
        auto variant = expect_name("of a variant");
        if (!variant) return give_up();
        tree::UnionVariant next{std::move(*variant), {}};
        if (accept(TokenKind::open_paren)) {
            while (!at(TokenKind::close_paren)) {
                auto of = type();
                if (!of) return give_up();
                next.fields.push_back(std::move(*of));
                if (!count_node()) return;
                if (!accept(TokenKind::comma)) break;
            }
            if (!expect(TokenKind::close_paren, "after the values of the variant"))
                return give_up();
        }
        made.variants.push_back(std::move(next));
        if (!count_node()) return;
        if (!accept(TokenKind::comma)) break;
    }
    if (!expect(TokenKind::close_brace, "after the variants")) return give_up();
    module.definitions.emplace_back(std::move(made));
}

std::optional<tree::Name> Parser::dotted_name() {
    auto name = expect_name("of a module");
    while (name && at(TokenKind::dot)) {
        take();
        const auto next = expect_name("after '.'");
        if (!next) return std::nullopt;
        name->text += '.' + next->text;
        name->span.end = next->span.end;
    }
    return name;
}

void Parser::import(tree::Module& module) {
    take();
    tree::Import made;
    auto name = dotted_name();
    if (!name) return recover_definition();
    made.module = *name;
    made.known_as = {name->text.substr(name->text.rfind('.') + 1), name->span};
    const auto imported = [&] {
        auto symbol = expect_name("to import");
        if (!symbol) return false;
        tree::ImportedName next{*symbol, *symbol};
        if (at_word("as")) {
            take();
            auto other = expect_name("after 'as'");
            if (!other) return false;
            next.known_as = *other;
        }
        made.names.push_back(std::move(next));
        return count_node();
    };
    if (at_word("as")) {
        take();
        auto other = expect_name("after 'as'");
        if (!other) return recover_definition();
        made.known_as = *other;
    } else if (accept(TokenKind::colon_colon)) {
        made.names_only = true;
        if (accept(TokenKind::star)) {
            made.everything = true;
        } else if (accept(TokenKind::open_brace)) {
            while (!at(TokenKind::close_brace)) {
                if (!imported()) return recover_definition();
                if (!accept(TokenKind::comma)) break;
            }
            if (!expect(TokenKind::close_brace, "after the names")) return recover_definition();
        } else if (!imported()) {
            return recover_definition();
        }
    }
    module.imports.push_back(std::move(made));
    if (!expect_semicolon("after an import")) recover_definition();
}

}  // namespace reowolf::syntax
