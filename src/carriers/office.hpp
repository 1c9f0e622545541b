// SPDX-License-Identifier: MIT
// What the objects of <reowolf/post.hpp> share: the loop, its thread, and who is to be told when it
// ends.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include <reowolf/post.hpp>

#include "post/lasting.hpp"
#include "post/loop.hpp"

namespace reowolf::post {

class Office::Core : public std::enable_shared_from_this<Core> {
  public:
    explicit Core(const Limits& limits = {});
    ~Core() = default;
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    bool has_ended() const { return has_ended_; }
    // On the office's thread; when that has ended, everywhere.
    bool is_here() const { return has_ended_ || std::this_thread::get_id() == thread_.get_id(); }
    // At once on the office's thread, and otherwise soon.
    void run(std::function<void()> action);
    // What `question` returns on the office's thread.
    template <class Question>
    auto ask(Question question) -> decltype(question()) {
        if (is_here()) return question();
        std::promise<decltype(question())> promise;
        loop_.post([&] { promise.set_value(question()); });
        return promise.get_future().get();
    }
    // Of an office that has ended nothing is expected any more.
    void end();

    // On its thread.
    Transport& transport() { return *transport_; }
    Loop& loop() { return loop_; }
    const Limits& limits() const { return limits_; }
    void add(const std::shared_ptr<Carrier::State>& carrier);
    void remove(const Carrier::State* carrier) { carriers_.erase(carrier); }
    // One whose Carrier is gone, as long as there is something to be told of its messages.
    void keep(const std::shared_ptr<Carrier::State>& carrier) { untold_.insert(carrier); }
    void let_go(const std::shared_ptr<Carrier::State>& carrier) { untold_.erase(carrier); }
    using OnInitiated = Configuration::OnInitiated;
    void initiate(const Address& remote, const Policy& policy, OnInitiated done);

    MessageId next_message() { return ++last_message_; }

  private:
    Limits limits_;
    RealLoop loop_;
    std::unique_ptr<Transport> transport_;
    std::map<const Carrier::State*, std::weak_ptr<Carrier::State>> carriers_;
    std::set<std::shared_ptr<Carrier::State>> untold_;
    std::uint64_t last_dial_ = 0;
    struct Initiation {
        std::unique_ptr<Dial> dial;
        OnInitiated done;
    };
    std::map<std::uint64_t, Initiation> initiations_;
    std::atomic<bool> has_ended_ = false;
    std::atomic<MessageId> last_message_ = 0;
    std::thread thread_;
};

// "refused" and the like, as users are told.
Trouble trouble_of(const Error& error);

}  // namespace reowolf::post
