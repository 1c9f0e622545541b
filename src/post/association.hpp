// SPDX-License-Identifier: MIT
// What two processes have between them for longer than a connection: a sequence of records each
// way, and carriers on it. When a connection breaks, another one takes its place, as long as both
// processes live and that takes no longer than association_patience_ms; no message is lost then,
// none comes twice, and each carrier keeps its order.
//
// An association lives as long as one of its carriers is held, or closes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "post/assembly.hpp"
#include "post/greeting.hpp"
#include "post/loop.hpp"
#include "post/records.hpp"
#include "post/resending.hpp"
#include "post/sending.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

// What becomes of a message, and messages with their properties: for whoever asks for more than a
// ConnectionHandler is told.
class CarrierHandler : public ConnectionHandler {
  public:
    void on_message(std::vector<std::byte>) final {}
    virtual void on_incoming(Incoming message) = 0;
    // Of a message that is followed: sent, and then acknowledged or in doubt; or else expired or
    // dropped. Also after on_closed().
    virtual void on_fate(std::uint64_t id, Sending::Fate fate) = 0;
    // Other messages, whose costs are so much together, do not wait any more.
    virtual void on_left(std::size_t cost) = 0;
};

class Association final : public std::enable_shared_from_this<Association>,
                          private ConnectionHandler {
  public:
    enum class Role { initiator, responder };
    // `table` knows it by its id as long as somebody may resume it.
    Association(std::shared_ptr<AssociationTable> table, Identity id, Role role, Identity other,
                std::vector<std::byte> other_process);
    ~Association() override;
    Association(const Association&) = delete;
    Association& operator=(const Association&) = delete;

    // The first connection: as the initiator after its greeting, as the responder before its
    // answer.
    void begin(std::unique_ptr<Connection> connection);
    // The other side has dialled again. False: not this one's other side, or an old connection.
    bool resume(std::unique_ptr<Connection>& connection, const records::Open& open);
    // Where the other side listens, so that it can be dialled from here.
    void set_return_address(const Address& address) { return_address_ = address; }
    // Kept as long as another connection may come through it.
    void keep(std::shared_ptr<void> reception) { reception_ = std::move(reception); }

    // Carriers that the other side opens are handed over; without anybody to take them it may open
    // none. Called in the middle of this object's work.
    using OnCarrier = std::function<void(std::uint32_t carrier)>;
    void set_on_carrier(OnCarrier on_carrier) { on_carrier_ = std::move(on_carrier); }
    // The other side learns of it with the first message.
    std::expected<std::uint32_t, Error> open_carrier();

    // ---- Of a carrier; see Connection. A carrier is held from when it was opened or handed over
    // until abandon().
    void set_handler(std::uint32_t carrier, ConnectionHandler* handler);
    void set_handler(std::uint32_t carrier, CarrierHandler* handler);
    // A paused handler gets no messages; they wait, as if there were none.
    void pause(std::uint32_t carrier, bool pauses);
    // True: it does not wait for anything. Of a message that is not followed nothing more is told
    // then.
    bool send(std::uint32_t carrier, Outgoing&& message);
    // See Connection; of those that are most urgent.
    bool take_back_last(std::uint32_t carrier);
    void close(std::uint32_t carrier);
    void abort(std::uint32_t carrier);
    void abandon(std::uint32_t carrier);
    void limit_message_bytes(std::uint32_t carrier, std::size_t bytes_max);
    std::size_t queued_bytes(std::uint32_t carrier) const;
    std::size_t queued_messages(std::uint32_t carrier) const;
    std::optional<Connection::Arriving> arriving(std::uint32_t carrier) const;
    void give_back(std::uint32_t carrier, std::vector<std::byte> bytes);
    void align(std::uint32_t carrier, std::size_t bytes);
    // Of all carriers; see Connection.
    bool is_handed_over() const;
    std::uint64_t acknowledged() const { return resending_.acknowledged(); }

    const std::string& remote() const { return remote_; }
    const std::string& choice() const { return choice_; }
    // Since when there is no connection; none: there is one.
    std::optional<std::int64_t> broken_since_ms() const;
    std::uint32_t transients() const { return transient_.number; }
    const Identity& id() const { return id_; }
    const Identity& other() const { return other_; }
    bool has_ended() const { return has_ended_; }

    // Over for good, with nobody told. Nothing happens any more if it was.
    void drop();
    // Whether somebody holds one of its carriers.
    bool is_held() const;

  private:
    struct Carrier {
        ConnectionHandler* handler = nullptr;
        CarrierHandler* full_handler = nullptr;  // the same, if it wants all
        bool is_held = true;
        bool is_paused = false;
        bool is_closing = false;
        std::optional<std::uint64_t> closed_at;  // the number of its Close
        std::optional<Error> end;
        Assembly assembly;
        std::deque<std::vector<std::byte>> inbox;  // parts that nobody has taken yet
        std::size_t message_bytes_max = message_bytes_from_strangers;
        std::uint64_t received = 0;  // charges
        std::uint64_t consumed = 0;
        std::uint64_t window = 0;  // as the other side was told
        bool is_delivering = false;
        bool delivery_posted = false;
        bool owes_drained = false;
        bool is_reported = false;
        std::deque<std::pair<std::uint64_t, std::uint64_t>> unacknowledged;  // number, message id

        // Nothing is to come any more, not even of what is followed.
        bool is_over() const { return end && unacknowledged.empty(); }
        bool is_leaving() const { return (is_closing || end) && !is_over(); }
        // Parts are put together as they come.
        bool is_taking() const { return handler && !is_paused && inbox.empty() && !is_delivering; }
    };
    // Of two connections that exist at once, the greater one counts.
    struct Transient {
        std::uint32_t number = 0;
        bool by_initiator = true;
        friend auto operator<=>(const Transient&, const Transient&) = default;
    };

    void on_message(std::vector<std::byte> bytes) override;
    std::optional<Placement> place(std::span<const std::byte> begin, std::size_t size) override;
    void on_placed(std::span<const std::byte> head, std::span<const std::byte> bytes) override;
    void on_closed(const Error& why) override;
    void on_drained() override;

    void on_record(const records::Record& record, std::size_t size);
    bool count(std::size_t size);
    void fail_out_of_order();
    void on(const records::Close& close);
    void on(const records::Abandon& abandon);
    void on(const records::Window& window);
    void on(const records::Fork& fork);
    void on(const records::Bundle& bundle);
    template <class Other>
    void on(const Other&) {}  // has been dealt with
    // `bytes`: the record that it lies in, if it does in one.
    void on_fragment(const records::Fragment& fragment, std::size_t size,
                     std::vector<std::byte> bytes);
    void add(const records::Fragment& fragment, std::vector<std::byte> bytes);
    void skip(std::uint32_t number, Carrier& carrier);
    void refuse(Error error);
    void take(std::uint32_t number, const records::Fragment& fragment,
              std::vector<std::byte> record);
    void take(const records::Bundle& bundle);
    bool admit(Carrier& carrier, std::size_t bytes);
    void give(Carrier& carrier, Incoming message);
    void fail_behind(Carrier& carrier, Error error);
    Carrier* carrier_of(std::uint32_t number);
    const Carrier* carrier_of(std::uint32_t number) const;
    void on_acknowledged(std::uint64_t received);
    void acknowledge_if_due();
    void acknowledge();

    bool can_send() const;
    void flush();
    void flush_soon();
    void push(const records::Record& record);
    void push(Payload record);
    void note_fates();
    void tell_soon();
    void tell_fates();
    void close_those_that_are_empty();
    void note_delivery();
    void set_expiry();
    void watch_closing();
    void look_at_closing_later();
    void look_at_closing();

    void post_delivery(std::uint32_t carrier);
    void deliver(std::uint32_t carrier);
    void widen(std::uint32_t number, Carrier& carrier);
    void end(std::uint32_t carrier, Error why);
    void forget_if_done(std::uint32_t carrier);
    void finish_if_over();
    // `told`: what the other side is to hear, if that is not the same.
    void fail(Error why, std::optional<std::string> told = {});
    std::string other_address() const;
    void stop(const Error& why);

    void adopt(std::unique_ptr<Connection> connection, Transient transient,
               std::uint64_t told_received, std::uint64_t received_there);
    void break_off(const Error& why);
    bool other_has_died();
    void wait_to_redial(std::int64_t delay_ms);
    void redial();
    void on_redialled(Transient transient, std::uint64_t told_received,
                      std::expected<Greeting::Greeted, Error> result);
    // Callbacks of the loop do not keep the association alive.
    template <class Action>
    std::function<void()> guarded(Action action) {
        return [weak = weak_from_this(), action] {
            const auto self = weak.lock();
            if (self && !self->has_ended_) action(*self);
        };
    }

    std::shared_ptr<AssociationTable> table_;
    Loop& loop_;
    const Limits& limits_;
    Identity id_;
    Role role_;
    Identity other_;
    std::vector<std::byte> other_process_;
    std::string remote_;
    std::string choice_;
    std::optional<Address> return_address_;
    std::shared_ptr<void> reception_;
    bool has_ended_ = false;
    bool is_delivering_ = false;  // the loop waits for it

    // The present connection, or what is done to have another one.
    std::unique_ptr<Connection> connection_;
    Transient transient_;
    std::uint32_t last_tried_ = 0;
    std::uint64_t next_here_ = 0;  // number of the next record that comes on it
    std::int64_t broken_since_ms_ = 0;
    std::optional<std::int64_t> refused_since_ms_;
    std::int64_t redial_delay_ms_ = 0;
    std::unique_ptr<Greeting> greeting_;
    TimerId redial_ = 0;
    TimerId patience_ = 0;
    TimerId expiry_ = 0;
    TimerId closing_ = 0;
    // While something is being closed: how far that was, and how often that was found again.
    struct Stuck {
        std::uint64_t acknowledged = 0;
        Transient transient;
        int found = 0;
    };
    Stuck stuck_;
    Error trouble_;

    Sending sending_;
    Resending resending_;
    // What handlers are to be told of messages that are followed.
    struct News {
        std::uint32_t carrier = 0;
        std::uint64_t id = 0;
        Sending::Fate fate = Sending::Fate::sent;
    };
    std::vector<News> news_;
    bool tells_soon_ = false;
    bool flushes_soon_ = false;
    std::uint64_t received_ = 0;
    std::uint64_t acknowledged_ = 0;  // of these, as far as the other side was told
    std::size_t unacknowledged_bytes_ = 0;
    bool acknowledges_soon_ = false;

    std::map<std::uint32_t, Carrier> carriers_;
    std::uint32_t next_carrier_ = 0;        // of those opened here
    std::uint32_t next_other_carrier_ = 0;  // of those opened there
    OnCarrier on_carrier_;
};

}  // namespace reowolf::post
