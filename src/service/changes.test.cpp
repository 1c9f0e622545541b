// SPDX-License-Identifier: MIT
// Everything at once, simulated: within several processes nodes come, go and move with what is
// below them, services are replaced and withdrawn, processes end and paths are cut, all at random
// moments, while requests flow from everywhere. What happens is repeated from its seed.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "service/simulated.hpp"

namespace reowolf::service {
namespace {

using namespace std::chrono_literals;

// What has become of each request: made once, served once at most, ended once.
class Ledger {
  public:
    std::uint64_t make() {
        made_.push_back(++moments_);
        served_.push_back(0);
        ends_.emplace_back();
        return made_.size() - 1;
    }
    // A provider that was closed at `closed_at` (0: it is open) begins with it.
    void serve(std::uint64_t id, std::uint64_t closed_at) {
        ASSERT_LT(id, made_.size());
        ++served_[id];
        if (closed_at != 0) {
            EXPECT_LT(made_[id], closed_at) << "went to an old version";
        }
    }
    void end(std::uint64_t id, Code code) { ends_[id].push_back(code); }
    std::uint64_t moment() { return ++moments_; }

    void serve_in_line(std::uint64_t line, std::uint64_t id) { lines_[line].push_back(id); }

    bool is_over() const {
        return std::ranges::none_of(ends_, [](const auto& each) { return each.empty(); });
    }
    std::size_t size() const { return made_.size(); }
    std::size_t count(Code code) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            ends_, [&](const auto& each) { return each == std::vector{code}; }));
    }

    void check() const {
        // Whoever gets one of these may not know whether it was served.
        const std::set<Code> unsure = {Code::lost, Code::timed_out, Code::thrown};
        const std::set<Code> never_served = {Code::unknown_service, Code::not_started, Code::left};
        for (std::size_t id = 0; id < made_.size(); ++id) {
            ASSERT_EQ(ends_[id].size(), 1u) << "request " << id;
            const Code code = ends_[id].front();
            if (code == Code::none) {
                EXPECT_EQ(served_[id], 1) << "request " << id;
            } else if (unsure.contains(code)) {
                EXPECT_LE(served_[id], 1) << "request " << id << ": " << to_string(code);
            } else {
                EXPECT_TRUE(never_served.contains(code)) << to_string(code);
                EXPECT_EQ(served_[id], 0) << "request " << id << ": " << to_string(code);
            }
        }
        // In the order of their making, but for those that may still have been at somebody cut off
        // when the requester was told so.
        for (const auto& [line, ids] : lines_) {
            std::uint64_t last = 0;
            for (const std::uint64_t id : ids) {
                if (id < last) {
                    EXPECT_TRUE(unsure.contains(ends_[id].front()))
                        << "request " << id << " of line " << line << " was served after " << last;
                }
                last = std::max(last, id);
            }
        }
    }

  private:
    std::uint64_t moments_ = 0;
    std::vector<std::uint64_t> made_;
    std::vector<int> served_;
    std::vector<std::vector<Code>> ends_;
    std::map<std::uint64_t, std::vector<std::uint64_t>> lines_;
};

Task<> follow(Ledger& ledger, Answer<std::uint64_t> answer, std::uint64_t id) {
    Code code = Code::none;
    try {
        const std::uint64_t value = co_await answer;
        EXPECT_EQ(value, 2 * id);
    } catch (const Error& error) {
        code = error.code();
    }
    ledger.end(id, code);
}

// A node with services that come, go and change.
class Part {
  public:
    Part(Network& network, Node& parent, Ledger& ledger, std::uint64_t line)
        : network_(network),
          ledger_(ledger),
          line_(line),
          node_(parent, "part " + std::to_string(line)),
          ordered_(Function<std::uint64_t(std::uint64_t, std::uint64_t)>::ordered(
              node_, "note", {.timeout = 5s})) {}
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    ~Part() {
        for (auto& [name, closed_at] : closed_at_) *closed_at = ledger_.moment();
        node_.leave();
    }

    Node& node() { return node_; }

    void provide(const std::string& name, bool reentrant) {
        const auto closed_at = std::make_shared<std::uint64_t>(0);
        if (name == "double") {
            node_.provide(name,
                          [this, closed_at](std::uint64_t id) {
                              ledger_.serve(id, *closed_at);
                              return 2 * id;
                          },
                          {.reentrant = reentrant});
        } else if (name == "later") {
            node_.provide(name,
                          [this, closed_at](std::uint64_t id) -> Task<std::uint64_t> {
                              ledger_.serve(id, *closed_at);
                              co_await network_.after(std::chrono::milliseconds(id % 200));
                              co_return 2 * id;
                          },
                          {.reentrant = reentrant});
        } else if (name == "chain") {
            // Asks somebody else in turn.
            node_.provide(name,
                          [this, closed_at](std::uint64_t id) -> Task<std::uint64_t> {
                              ledger_.serve(id, *closed_at);
                              const std::uint64_t inner = ledger_.make();
                              co_await follow(ledger_,
                                              node_.request<std::uint64_t>(Options{.timeout = 3s},
                                                                           "later", inner),
                                              inner);
                              co_return 2 * id;
                          },
                          {.reentrant = reentrant});
        } else {
            node_.provide(
                name,
                [this, closed_at](std::uint64_t line, std::uint64_t id) -> Task<std::uint64_t> {
                    ledger_.serve(id, *closed_at);
                    ledger_.serve_in_line(line, id);
                    co_await network_.after(std::chrono::milliseconds(id % 20));
                    co_return 2 * id;
                },
                {.reentrant = reentrant});
        }
        close(name);
        closed_at_[name] = closed_at;
    }
    void withdraw(const std::string& name) {
        node_.withdraw(name);
        close(name);
    }

    Answer<std::uint64_t> request(const std::string& name, std::uint64_t id) {
        if (name == "note") return ordered_.request(line_, id);
        return node_.request<std::uint64_t>(Options{.timeout = 5s}, name, id);
    }

  private:
    void close(const std::string& name) {
        if (const auto at = closed_at_.find(name); at != closed_at_.end()) {
            *at->second = ledger_.moment();
            closed_at_.erase(at);
        }
    }

    Network& network_;
    Ledger& ledger_;
    const std::uint64_t line_;
    std::map<std::string, std::shared_ptr<std::uint64_t>> closed_at_;
    Node node_;
    Function<std::uint64_t(std::uint64_t, std::uint64_t)> ordered_;
};

struct Host {
    std::unique_ptr<Network> network;
    std::optional<Node> root;
    std::vector<std::unique_ptr<Part>> parts;
    std::vector<Answer<void>> followers;
};

const std::vector<std::string> hosts = {"a", "b", "c"};
const std::vector<std::string> services = {"double", "later", "chain", "note"};

class Everything : public testing::TestWithParam<std::uint64_t> {
  protected:
    void begin(const std::string& name) {
        Host& host = hosts_[name];
        host.network = world_.process(name);
        host.root.emplace(*host.network, name);
        host.root->provide("at " + name, [name] { return name; });
        if (name == "a") {
            host.root->listen("a:1");
            host.root->start(1ms);
        } else {
            if (name == "b") host.root->listen("b:1");
            host.root->join(name == "c" ? "b:1" : "a:1");
        }
    }
    void end(const std::string& name) {
        Host& host = hosts_[name];
        if (!host.network) return;
        if (random_.chance(50)) world_.kill(name);
        settle(host);
        while (!host.parts.empty()) remove_one(host);
        settle(host);
        host.root.reset();
        host.network.reset();
        world_.kill(name);
    }
    static void settle(Host& host) {
        for (auto& each : host.followers) each.get();
        host.followers.clear();
    }

    Part& any_part(Host& host) { return *host.parts[random_.below(host.parts.size())]; }
    Node& any_node(Host& host) {
        const std::uint64_t at = random_.below(host.parts.size() + 1);
        return at == host.parts.size() ? *host.root : host.parts[at]->node();
    }
    void add_one(Host& host) {
        auto& part = host.parts.emplace_back(
            std::make_unique<Part>(*host.network, any_node(host), ledger_, ++lines_));
        for (const auto& name : services) {
            if (random_.chance(50)) part->provide(name, random_.chance(50));
        }
    }
    void remove_one(Host& host) {
        std::swap(host.parts[random_.below(host.parts.size())], host.parts.back());
        // It may take a while, as what has come is served; nobody is to meet it here meanwhile.
        const std::unique_ptr<Part> part = std::move(host.parts.back());
        host.parts.pop_back();
    }
    void move_one(Host& host) {
        Node& node = any_part(host).node();
        Node& parent = any_node(host);
        const bool is_below = (parent.path() + "/").starts_with(node.path() + "/");
        Code code = Code::none;
        try {
            node.move_to(parent);
        } catch (const Error& error) {
            code = error.code();
        }
        EXPECT_EQ(code, is_below ? Code::refused : Code::none);
    }
    void request_some(Host& host) {
        for (std::uint64_t i = 1 + random_.below(5); i > 0; --i) {
            const std::uint64_t id = ledger_.make();
            host.followers.push_back(host.network->spawn(
                follow(ledger_,
                       any_part(host).request(services[random_.below(services.size())], id), id)));
        }
    }
    void act() {
        const std::string& name = hosts[random_.below(hosts.size())];
        Host& host = hosts_[name];
        const std::uint64_t what = random_.below(100);
        if (!host.network) {
            if (what < 30) begin(name);
        } else if (what < 2) {
            if (name != "a") end(name);
        } else if (what < 4) {
            world_.network().cut(name, hosts[random_.below(hosts.size())]);
        } else if (what < 6) {
            world_.network().silence(name);
        } else if (what < 10) {
            world_.network().heal();
        } else if (what < 22 || host.parts.empty()) {
            if (host.parts.size() < 12) add_one(host);
        } else if (what < 30) {
            remove_one(host);
        } else if (what < 42) {
            move_one(host);
        } else if (what < 50) {
            any_part(host).provide(services[random_.below(services.size())], random_.chance(50));
        } else if (what < 54) {
            any_part(host).withdraw(services[random_.below(services.size())]);
        } else if (what < 60) {
            world_.run_for(static_cast<std::int64_t>(random_.below(1'500)));
        } else {
            request_some(host);
            world_.run_for(static_cast<std::int64_t>(random_.below(30)));
        }
    }

    Random random_{GetParam()};
    SimulatedWorld world_{GetParam(), {.tick = 200ms, .tick_patience = 1'000ms}};
    Ledger ledger_;
    std::uint64_t lines_ = 0;
    std::map<std::string, Host> hosts_;
};

TEST_P(Everything, EachRequestEndsOnceAndIsServedOnceAtMost) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    for (const auto& name : hosts) begin(name);
    for (int action = 0; action < 400; ++action) act();
    world_.network().heal();
    for (const auto& name : hosts) {
        if (!hosts_[name].network) begin(name);
    }
    for (auto& [name, host] : hosts_) settle(host);
    ASSERT_TRUE(ledger_.is_over());
    ledger_.check();
    EXPECT_GT(ledger_.size(), 100u);
    EXPECT_GT(ledger_.count(Code::none), ledger_.size() / 10);
    // In the end everybody reaches everybody, also who was left without a parent.
    for (auto& [name, host] : hosts_) {
        for (auto& part : host.parts) part->node().move_to(*host.root);
        if (host.parts.empty()) add_one(host);
    }
    for (auto& [name, host] : hosts_) {
        for (auto& part : host.parts) {
            for (const auto& to : hosts) {
                const auto reaches = [&] {
                    try {
                        return part->node().call<std::string>("at " + to) == to;
                    } catch (const Error&) {
                        return false;
                    }
                };
                EXPECT_TRUE(world_.run_until(reaches, 60'000)) << name << " to " << to;
            }
        }
    }
    for (auto name = hosts.rbegin(); name != hosts.rend(); ++name) end(*name);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Everything, testing::Range(std::uint64_t{1}, std::uint64_t{101}));

}  // namespace
}  // namespace reowolf::service
