// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>
#include <utility>

#include "syntax/literal.hpp"
#include "syntax/parsing.hpp"

namespace reowolf::syntax {

using diagnostics::Code;
using diagnostics::NoteCode;

void Parser::connector(tree::Module& module) {
    tree::Connector connector;
    take();
    const auto name = expect_name("after 'connector'");
    if (!name) return recover_definition();
    connector.name = *name;
    const Span open = here();
    if (!expect(TokenKind::open_brace, "before the body")) return recover_definition();
    while (!at(TokenKind::close_brace) && !at(TokenKind::end_of_text) && !at_definition()) {
        const std::size_t before = at_;
        if (at_word("peer") && kind(1) == TokenKind::name) {
            if (!peer(connector)) {
                recover_statement();
                excuse_names(before);
            }
        } else if (at_word("link") && after_type(at_ + 1) != 0 &&
                   tokens_[after_type(at_ + 1)].kind() == TokenKind::name) {
            if (!link(connector)) {
                recover_statement();
                excuse_names(before);
            }
        } else if (auto next = statement()) {
            connector.body.statements.push_back(std::move(next));
        } else {
            recover_statement();
            excuse_names(before);
        }
        if (at_ == before) take();
    }
    if (!at(TokenKind::close_brace)) {
        report<Code::missing_brace>(here(), found()).note<NoteCode::opened_here>(open);
    }
    accept(TokenKind::close_brace);
    connector.end = span(tokens_[at_ > 0 ? at_ - 1 : 0]);
    module.definitions.emplace_back(std::move(connector));
}

std::string Parser::string_here() const {
    const std::string_view literal = text();
    return literal.size() < 2 ? "" : text_value(literal.substr(1, literal.size() - 2)).bytes;
}

bool Parser::peer(tree::Connector& connector) {
    take();
    tree::Peer peer;
    peer.name = {std::string(text()), here()};
    take();
    if (!expect(TokenKind::assign, "and the address of the peer")) return false;
    if (!at(TokenKind::string)) {
        report<Code::expected_address>(here(), found());
        return false;
    }
    peer.address = {string_here(), here()};
    take();
    bool fine = true;
    if (at(TokenKind::open_brace)) {
        const Span open = here();
        take();
        while (!at(TokenKind::close_brace) && !at(TokenKind::end_of_text) && !at_definition()) {
            const std::size_t before = at_;
            if (!peer_item(peer)) recover_statement();
            if (at_ == before) take();
        }
        if (!accept(TokenKind::close_brace)) {
            report<Code::missing_brace>(here(), found()).note<NoteCode::opened_here>(open);
        }
        accept(TokenKind::semicolon);
    } else {
        fine = expect_semicolon("after a peer");
    }
    connector.peers.push_back(std::move(peer));
    return fine;
}

bool Parser::peer_item(tree::Peer& peer) {
    for (const auto& [word, text_of] :
         {std::pair<std::string_view, tree::Name*>{"listen", &peer.listen},
          {"key", &peer.key},
          {"via", &peer.via}}) {
        if (!at_word(word) || kind(1) != TokenKind::string) continue;
        take();
        if (!text_of->text.empty()) report<Code::repeated_peer_item>(here(), peer.name.text, word);
        *text_of = {string_here(), here()};
        if (text_of->text.empty()) report<Code::empty_peer_item>(here(), word);
        take();
        return expect_semicolon("after the text");
    }
    if (!at(TokenKind::word_in) && !at(TokenKind::word_out)) {
        report<Code::expected_peer_item>(here(), found());
        return false;
    }
    auto of = type();
    if (!of) return false;
    do {
        auto name = expect_name("of a port");
        if (!name) return false;
        peer.ports.push_back({*of, std::move(*name)});
    } while (accept(TokenKind::comma));
    return expect_semicolon("after a port");
}

bool Parser::link(tree::Connector& connector) {
    take();
    tree::Link link;
    auto of = type();
    if (!of) return false;
    link.type = std::move(*of);
    auto name = expect_name("of the link's port");
    if (!name) return false;
    link.name = std::move(*name);
    know(link.name.text);
    const bool outward = link.type.kind != tree::TypeKind::in_port;
    if (!accept(outward ? TokenKind::arrow : TokenKind::back_arrow)) {
        report<Code::link_direction>(here(), outward ? "an 'out'" : "an 'in'",
                                     outward ? "->" : "<-", found());
        return false;
    }
    auto peer = expect_name("of a peer");
    if (!peer || !expect(TokenKind::dot, "after the name of the peer")) return false;
    link.peer = std::move(*peer);
    auto port = expect_name("of the port that the peer links with this one");
    if (!port) return false;
    link.port = std::move(*port);
    connector.links.push_back(std::move(link));
    return expect_semicolon("after a link");
}

}  // namespace reowolf::syntax
