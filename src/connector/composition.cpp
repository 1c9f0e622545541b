// SPDX-License-Identifier: MIT
#include "connector/composition.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/difference.hpp"
#include "diagnostics/diagnostics.hpp"
#include "diagnostics/runtime_error.hpp"
#include "program/merging.hpp"

namespace reowolf::connector {

namespace {

using program::Link;

const program::Connector& connector_of(const Description& view) {
    return *view.program.connector;
}

std::string place(const Description& view, Span where) {
    return diagnostics::render_place(view.sources, where);
}

// Where the texts of two peers begin to differ, below what differs.
std::string places_of_difference(const Description& view, const Description& other,
                                 const Limits& limits) {
    // A description's own text is the first of its sources.
    const auto found = compiler::first_difference({view.sources, 0}, {other.sources, 0}, limits);
    if (!found) return {};
    std::string places = '\n' + place(view, found->first) + place(other, found->second);
    places.pop_back();
    return places;
}

std::vector<std::string> sorted(std::vector<std::string> names) {
    std::ranges::sort(names);
    return names;
}

bool is_outward(const Description& view, const Link& link) {
    return view.program.types[link.type].kind == program::TypeKind::out_port;
}

// Whether what a link leads to is one of the peers that have this view, as far as is known.
bool leads_to(const Description& from, const Link& link, std::string_view hash,
              const Views& views) {
    const auto peer = views.find(connector_of(from).peers[link.peer].name);
    return peer == views.end() || peer->second->view->hash == hash;
}

std::string link_text(const Description& view, const Link& link) {
    const bool outward = is_outward(view, link);
    return fmt::format("link {} {} {} {}.{}", view.program.type_name(link.type), link.name,
                       outward ? "->" : "<-", connector_of(view).peers[link.peer].name, link.port);
}

class Comparison {
  public:
    Comparison(const Views& views, const Limits& limits) : views_(views), limits_(limits) {}

    std::optional<std::string> run() const {
        for (const auto& [name, view] : views_) {
            if (auto problem = check_peers(name, *view)) return problem;
        }
        for (auto view = views_.begin(); view != views_.end(); ++view) {
            for (auto other = std::next(view); other != views_.end(); ++other) {
                if (auto problem = check_transports(*view, *other)) return problem;
            }
        }
        std::set<std::string> seen;
        for (const auto& [name, view] : views_) {
            if (!seen.insert(view->view->hash).second) continue;
            for (const Link& link : connector_of(*view).links) {
                if (auto problem = check_link(name, *view, link)) return problem;
            }
        }
        return std::nullopt;
    }

  private:
    std::optional<std::string> check_peers(const std::string& name, const Description& view) const {
        const auto& [first_name, first] = *views_.begin();
        if (sorted(view.names()) != sorted(first->names())) {
            return fmt::format("the views of '{}' and '{}' name different peers: {} and {}",
                               first_name, name, fmt::join(first->names(), ", "),
                               fmt::join(view.names(), ", "));
        }
        for (const auto& [other_name, other] : views_) {
            if (other->view->hash == view.view->hash) continue;
            const auto& peers = connector_of(view).peers;
            const auto other_peer = std::ranges::find(peers, other_name, &program::Peer::name);
            const bool are_global = !view.is_local_view() && !other->is_local_view();
            if (!are_global && other_peer->ports.empty()) continue;
            std::string text =
                explain_difference(view.view->text, other->view->text, name, other_name, limits_);
            text += places_of_difference(view, *other, limits_);
            if (are_global) return text;
            return fmt::format(
                "'{}' has ports in the text of '{}', which is another than its own; {}\n{}",
                other_name, name, text, place(view, other_peer->ports[0].span));
        }
        return std::nullopt;
    }

    // For the connection between the two; what one text asks for has been compared.
    std::optional<std::string> check_transports(const Views::value_type& one,
                                                const Views::value_type& another) const {
        const auto demands = [&](const Description& view) {
            std::vector<Demand> found;
            for (const program::Peer& peer : connector_of(view).peers) {
                if (peer.name != one.first && peer.name != another.first) continue;
                if (auto demand = demand_of(peer)) found.push_back(*std::move(demand));
            }
            return found;
        };
        for (const Demand& here : demands(*one.second)) {
            for (const Demand& there : demands(*another.second)) {
                if (here.scheme == there.scheme) continue;
                return fmt::format(
                    "the views of '{0}' and '{1}' do not fit: '{0}' asks for {2}://, but '{1}' for "
                    "{3}://, and the connection between them cannot be both\n{4}{5}",
                    one.first, another.first, here.scheme, there.scheme,
                    place(*one.second, here.where), place(*another.second, there.where));
            }
        }
        return std::nullopt;
    }

    std::optional<std::string> check_link(const std::string& name, const Description& view,
                                          const Link& link) const {
        const std::string& other_name = connector_of(view).peers[link.peer].name;
        const auto known = views_.find(other_name);
        if (known == views_.end()) return std::nullopt;
        const Description& other = *known->second;
        const auto& links = connector_of(other).links;
        const auto end = std::ranges::find(links, link.port, &Link::name);
        const std::string opening =
            fmt::format("the views of '{}' and '{}' do not fit: '{}' has '{}'", name, other_name,
                        name, link_text(view, link));
        const std::string here = "\n" + place(view, link.span);
        if (end == links.end()) {
            return fmt::format("{}, and '{}' has no link '{}'{}", opening, other_name, link.port,
                               here);
        }
        const auto but = [&](std::string_view what) {
            return fmt::format("{}, but {}: '{}' has '{}'{}{}", opening, what, other_name,
                               link_text(other, *end), here, place(other, end->span));
        };
        if (end->port != link.name || !leads_to(other, *end, view.view->hash, views_)) {
            return but("that one leads elsewhere");
        }
        if (is_outward(view, link) == is_outward(other, *end)) {
            return but("both have the same direction");
        }
        const auto type = view.program.types[link.type].element;
        const auto other_type = other.program.types[end->type].element;
        if (!program::same_type(view.program, type, other.program, other_type)) {
            return but(view.program.type_name(type) == other.program.type_name(other_type)
                           ? "what they call by the same name is built differently"
                           : "the types differ");
        }
        return std::nullopt;
    }

    const Views& views_;
    const Limits& limits_;
};

// Puts the programs and bodies of the views together.
class Composer {
  public:
    Composer(const Views& views, std::string_view self, const Limits& limits,
             std::vector<std::string> order)
        : views_(views), limits_(limits), order_(std::move(order)) {
        made_->self = site_of(self);
    }

    Described run() {
        declare_peers(*views_.find(order_[made_->self])->second);
        plan_.ports.resize(order_.size());
        for (wire::SiteId site = 0; site < order_.size(); ++site) {
            const Description& view = *views_.find(order_[site])->second;
            if (part_with(view.view->hash) == nullptr) add(site, view);
        }
        for (auto& ports : plan_.ports) {
            for (Structure::Port& port : ports) port.channel = channels_++;
        }
        for (Part& part : parts_) {
            pass_ports(part);
            pass_links(part);
            plan_.bodies.push_back(part.body);
        }
        auto structure = elaborate(made_->program, plan_, limits_);
        if (!structure) {
            return std::unexpected(diagnostics::render_runtime_error(
                made_->sources, structure.error().message, structure.error().where, {}));
        }
        made_->structure = std::move(*structure);
        return std::move(made_);
    }

  private:
    using LinkEnd = std::pair<std::string, std::string>;  // hash of the view, name
    // A view, and where it is in the whole.
    struct Part {
        const Description* view = nullptr;
        program::Added added;
        Plan::Body body;
    };

    wire::SiteId site_of(std::string_view name) const {
        return static_cast<wire::SiteId>(std::ranges::find(order_, name) - order_.begin());
    }

    const Part* part_with(std::string_view hash) const {
        const auto found = std::ranges::find_if(
            parts_, [&](const Part& part) { return part.view->view->hash == hash; });
        return found == parts_.end() ? nullptr : &*found;
    }

    // What this peer knows of the others, and in which order all number them.
    void declare_peers(const Description& own) {
        made_->view = own.view;
        made_->listen = own.listen;
        program::Connector connector;
        connector.name = connector_of(own).name;
        connector.self = made_->self;
        const auto& peers = connector_of(own).peers;
        for (const std::string& name : order_) {
            const auto peer = std::ranges::find(peers, name, &program::Peer::name);
            connector.peers.push_back(*peer);
            connector.peers.back().ports.clear();
            const auto index = static_cast<std::size_t>(peer - peers.begin());
            made_->addresses.push_back(own.addresses[index]);
            made_->views.push_back(views_.find(name)->second->view);
        }
        made_->program.connector = std::move(connector);
    }

    // The program of a view, and the ports of those who have it.
    void add(wire::SiteId home, const Description& view) {
        Part& part = parts_.emplace_back();
        part.view = &view;
        const std::uint32_t first_source = made_->sources.count();
        for (std::uint32_t source = 0; source < view.sources.count(); ++source) {
            made_->sources.add(view.sources.name(source), std::string(view.sources.text(source)));
        }
        part.added = program::add(made_->program, view.program, first_source);
        part.body.home = home;
        part.body.routine = part.added.first_routine + connector_of(view).body;
        for (const program::Peer& peer : connector_of(view).peers) {
            const wire::SiteId site = site_of(peer.name);
            part.body.peers.push_back(site);
            if (made_->views[site]->hash != view.view->hash) continue;
            plan_.ports[site] = ports_of(view.program, peer, 0);
            for (Structure::Port& port : plan_.ports[site]) port.type = part.added.types[port.type];
            auto& declared = made_->program.connector->peers[site].ports;
            declared = peer.ports;
            for (program::PeerPort& port : declared) port.type = part.added.types[port.type];
        }
    }

    void pass_ports(Part& part) {
        const program::Connector& connector = connector_of(*part.view);
        for (std::size_t peer = 0; peer < connector.peers.size(); ++peer) {
            const auto& ports = connector.peers[peer].ports;
            for (std::size_t i = 0; i < ports.size(); ++i) {
                part.body.arguments.push_back(
                    end_inside(part.view->program, ports[i].type,
                               plan_.ports[part.body.peers[peer]][i].channel));
            }
        }
    }

    // Either view has one end of a link's channel.
    void pass_links(Part& part) {
        for (const Link& link : connector_of(*part.view).links) {
            const wire::SiteId peer = part.body.peers[link.peer];
            LinkEnd here{part.view->view->hash, link.name};
            LinkEnd there{made_->views[peer]->hash, link.port};
            const auto [made, is_new] = links_.try_emplace(
                std::pair<LinkEnd, LinkEnd>(std::min(here, there), std::max(here, there)),
                channels_);
            if (is_new) {
                ++channels_;
                const auto type = part.view->program.types[link.type].element;
                plan_.links.push_back(part.added.types[type]);
            }
            part.body.arguments.push_back(end_inside(part.view->program, link.type, made->second));
        }
    }

    const Views& views_;
    const Limits& limits_;
    std::vector<std::string> order_;
    std::shared_ptr<Description> made_ = std::make_shared<Description>();
    Plan plan_;
    std::vector<Part> parts_;
    std::uint32_t channels_ = 0;
    std::map<std::pair<LinkEnd, LinkEnd>, std::uint32_t> links_;
};

// All who have the same text number the peers alike; of different ones that need not be so.
std::vector<std::string> order_of(const Views& views) {
    std::vector<std::string> order = views.begin()->second->names();
    const bool agree = std::ranges::all_of(
        views, [&](const auto& entry) { return entry.second->names() == order; });
    return agree ? order : sorted(std::move(order));
}

}  // namespace

Described view_from(std::string_view text, std::string_view hash, std::string_view peer,
                    const Limits& limits) {
    auto view = describe(text, limits, peer, fmt::format("description of '{}'", peer));
    if (view && (*view)->view->hash != hash) {
        return std::unexpected(fmt::format("the text of '{}' is not the one it names", peer));
    }
    return view;
}

std::optional<std::string> explain_conflict(const Views& views, const Limits& limits) {
    return Comparison(views, limits).run();
}

Described compose(const Views& views, std::string_view self, const Limits& limits,
                  const std::vector<std::string>& order) {
    const auto& own = views.find(self)->second;
    const bool is_one_text = std::ranges::all_of(
        views, [&](const auto& entry) { return entry.second->view->hash == own->view->hash; });
    if (is_one_text && !own->is_local_view()) return own;
    if (auto conflict = explain_conflict(views, limits)) return std::unexpected(*conflict);
    return Composer(views, self, limits, order.empty() ? order_of(views) : order).run();
}

}  // namespace reowolf::connector
