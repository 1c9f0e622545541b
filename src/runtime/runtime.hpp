// SPDX-License-Identifier: MIT
// Components, channels and rounds of one site: drives machine and rounds. Single-threaded; it acts
// only inside its functions, and speaks to the world through World.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <reowolf/embedding.hpp>

#include "base/limits.hpp"
#include "machine/machine.hpp"
#include "program/program.hpp"
#include "rounds/arbiter.hpp"
#include "runtime/blocks.hpp"
#include "runtime/body.hpp"
#include "runtime/channel.hpp"
#include "runtime/component.hpp"
#include "runtime/counters.hpp"
#include "runtime/island.hpp"
#include "runtime/naming.hpp"
#include "runtime/overview.hpp"
#include "runtime/recorder.hpp"
#include "runtime/ring.hpp"
#include "runtime/slab.hpp"
#include "runtime/step.hpp"
#include "runtime/watching.hpp"
#include "runtime/world.hpp"
#include "wire/message.hpp"

namespace reowolf::runtime {

class Runtime final : private machine::Exchange {
  public:
    static constexpr ComponentIndex application = 0;

    Runtime(const program::Program& program, const Limits& limits, Place place, World& world);
    // From now on until the runtime is gone.
    void watch(Watcher& watcher) {
        watcher_ = &watcher;
        is_open_ = false;
        forget_ways();
    }
    // Components that compute for long are handed to them. Before anything runs; they must outlive
    // the runtime. Without them, what happens depends on nothing but the seed.
    void employ(Workers& workers) { shared_.workers = &workers; }

    // ---- Building.
    struct Ends {
        machine::PortHandle out;
        machine::PortHandle in;
    };
    Ends make_channel(program::TypeId type);
    // A channel of which only one end lies here. Its number, the next one, must be the same at
    // both sites; make_absent() passes over one of which this site has no end.
    machine::PortHandle make_link(program::TypeId type, bool out_here, wire::SiteId other_site,
                                  bool to_application = false);
    void make_absent(program::TypeId type);
    ComponentIndex start(program::RoutineId routine, std::vector<machine::Value> arguments);
    ComponentIndex start_native(std::string name, std::unique_ptr<Body> body,
                                const std::vector<machine::PortHandle>& ports);
    // From now on components that composites make are held back, until release(): when step() has
    // nothing to do, all composites have ended. Then they begin; but parts that nobody else here,
    // and nothing outside, has to do with are given away instead, if there are so many at least: as
    // islands, of which there are not more than that. Who takes one calls its components by the
    // same names.
    void hold_back() { holds_back_ = true; }
    bool is_holding_back() const { return holds_back_; }
    std::vector<Island> release(std::size_t parts_min, std::size_t islands_max);
    // Like start(); but it is held back, unless it is a composite or nobody is. Its ports are
    // nobody's, see take_port().
    void start_or_hold(program::RoutineId routine, std::vector<machine::Value> arguments);
    // A native component is held back, and begins here. `begin` starts it.
    void hold_native(std::function<void()> begin, std::vector<machine::PortHandle> ports);
    void settle(Island island);
    void call_as(const Naming& naming) { naming_ = naming; }
    // The application owns ports, but acts only through enter_application(). The name must last.
    void give_to_application(machine::PortHandle port, std::string_view name);
    // What decides which of several possible rounds happens begins with it.
    void seed_choices(std::uint64_t seed) { turns_ = seed; }
    // Of ports that are handed to start() and start_native() by whom they belong to.
    bool own(ComponentIndex component, machine::PortHandle port) const;
    // The same, while components may be held back.
    bool has_to_give(ComponentIndex component, machine::PortHandle port) const;
    // "it belongs to 'worker'", or why it belongs to nobody.
    std::string whose(machine::PortHandle port) const;
    void take_port(ComponentIndex owner, machine::PortHandle port);
    void give_port(ComponentIndex component, machine::PortHandle port);
    // The program has more types than when the runtime was made.
    void note_types() { shared_.ports = machine::PortFinder(shared_.program); }
    // Of the channel's messages; one with the same layout may be called by another name. Nothing:
    // it is no port, or of a channel that is gone.
    std::optional<program::TypeId> type_of(machine::PortHandle port) const;
    // For tests: whether attempts begin in the lane (lane.cpp). Without it everything is the same,
    // but slower.
    enum class Lane { open, closed, at_random };
    void set_lane(Lane lane, std::uint64_t seed = 0);

    // ---- Running.
    // The native component, whose code is running outside of sync blocks, takes part in a round
    // with a get or put at this port alone: that has happened, and what it got is in `value`; or
    // it waits for that in the lane, or with what it got for others; or nothing has been done.
    using Meeting = embedding::Meeting;
    template <class Message>  // a value, or the word that a number is
    Meeting put_at_once(machine::Participant& who, machine::PortHandle port, Message& message);
    template <class Message>
    Meeting get_at_once(machine::Participant& who, machine::PortHandle port, Message& message);
    // The same with any one of several ports, which stay as they are while it waits.
    Meeting get_any_at_once(machine::Participant& who, std::span<const machine::PortHandle> ports,
                            std::uint32_t& chosen, machine::Value& value);
    // The same in a block whose code is running, for a get or put that need not be its only one. It
    // may enter the block so. False, or none: nothing has been done.
    bool put_in_place(machine::Participant& who, machine::PortHandle port, machine::Value value);
    bool put_in_place(machine::Participant& who, machine::PortHandle port, std::uint64_t word);
    Meeting get_in_place(machine::Participant& who, machine::PortHandle port, bool may_wait,
                         machine::Value& value);
    Meeting get_in_place(machine::Participant& who, machine::PortHandle port, bool may_wait,
                         std::uint64_t& word);
    // The same with numbers, for coroutines: what comes is the number of its seat. The first three
    // are its whole block. Null: that has happened; otherwise the seat has what it does, and this
    // is who goes on, as with pass_turn_in_place().
    using Seat = embedding::Seat;
    using GoesOn = embedding::GoesOn;
    GoesOn put_number(Seat& seat, machine::PortHandle port, std::uint64_t number);
    GoesOn get_number(Seat& seat, machine::PortHandle port);
    GoesOn get_any_number(Seat& seat, std::span<const machine::PortHandle> ports);
    bool put_number_in_place(Seat& seat, machine::PortHandle port, std::uint64_t number);
    Meeting get_number_in_place(Seat& seat, machine::PortHandle port);
    // Its block has come to its end. Who goes on.
    GoesOn end_in_place(Seat& seat);
    // It waits. The coroutine that goes on within its turn, as if that were one of its own; one
    // that does nothing if there is nobody, for now.
    GoesOn pass_turn_in_place();
    // Who the component is for the functions above.
    Component& known(ComponentIndex index) { return component(index); }
    // Runs one slice of one component; or, as long as nothing else is to be done than rounds in the
    // lane, so many turns of components that share the slice. False: nothing here can go on by
    // itself, but what workers run may return.
    bool step(std::uint32_t turns_max = 1);
    // If step() has nothing to do: helps workers with what is theirs. False: it cannot.
    bool help() { return shared_.away > 0 && shared_.workers->help(); }
    // A native component that waits for something outside can go on. If it is in a sync block, it
    // begins that anew. Also happens when the other end of one of its ports is closed.
    void resume(ComponentIndex component);
    void enter_application(std::unique_ptr<Body> body);
    void cancel_application(wire::Reason reason, const std::string& text);
    // Of all applications that step together, if they are all held here.
    void cancel_step(wire::Reason reason, const std::string& text);
    bool application_entered() const { return application_attempt() != 0; }
    // The number of its open attempt, or 0.
    std::uint64_t application_attempt() const;
    // Its attempt has no behaviour left, and none can come.
    bool is_application_dead() const;
    bool is_cut_off() const;  // the application, from all other sites
    // Somebody has been given an end of a channel, and has not said yet that it has come.
    bool has_ends_on_the_way() const;
    // Those that lost sites had are closed; see World::seek_ends().
    void lose_ends();
    void close(machine::PortHandle port);

    // ---- Other sites.
    void receive(wire::SiteId from, const wire::Message& message);
    // True: the frame is kept, as it is what is expected next of a step in the lane. Otherwise its
    // messages are to be received.
    bool receive_step(wire::SiteId from, std::uint64_t protocol, Frame& frame);
    // Before anything is asked or told that has to do with attempts or messages: from now on they
    // are in the general way. False: they were.
    bool leave_step();
    // Sends what has gathered. To be called when nothing more is to be done at once, so that what
    // goes to one site can travel together.
    void flush();
    // So much that it should be done now; until then behaviours that put more stand still.
    bool has_gathered_much() const { return gathered_bytes_ > limits_.gathered_bytes_max; }
    // So many that were handed to World::send() have been dropped: nobody will receive them.
    void note_unsent(wire::SiteId to, std::uint64_t messages) { received_[to] += messages; }
    void lose(wire::SiteId site, const std::string& why);
    void depart(wire::SiteId site);

    // ---- What can be asked.
    // Whose code runs within step().
    ComponentIndex running() const { return running_; }
    // Its body, unless it has several behaviours; null if nobody's code runs.
    const Body* running_body() const;
    // How many turns components have ever been due; and have had.
    std::uint64_t turns_due() const { return queue_.pushed(); }
    std::uint64_t turns_had() const { return queue_.popped(); }
    // That steps have run, here.
    std::uint64_t instructions_run() const { return instructions_run_; }
    bool hands_over() const { return hands_over_; }  // there may be ports in messages
    bool is_idle() const { return is_at_rest() && shared_.away == 0; }
    // step() has nothing to do, but workers may have.
    bool is_at_rest() const {
        return queue_.empty() && doubted_.empty() && quiet_candidates_.empty() &&
               !arbiter_.has_news();
    }
    std::size_t components_left() const { return components_left_ + held_.size(); }
    Counters counters() const;
    std::uint64_t components_ended() const { return counters_.components_ended; }
    bool has_failed() const { return has_failed_; }
    // Whether a component waits for something outside, or for workers: one that may act, though
    // nothing happens.
    bool awaits_outside() const;
    // Components that do not offer all that they can do yet, for the sake of who waits for them far
    // away; see withholding.cpp. Which sites are to be asked whether they have explored all; when
    // they have, or it takes too long, all is to be offered.
    bool is_withholding() const { return !withholding_.empty(); }
    // The application has more behaviours than are tried for now; some time later, some more.
    bool may_try_more() const;
    void try_more();
    // How many behaviours have been withheld, ever.
    std::uint64_t withheld_ever() const { return withheld_ever_; }
    std::set<wire::SiteId> waited_for() const;
    // For good: what the attempt can do later is not withheld either.
    void offer_withheld(bool for_good);
    // Attempts that would be silent, although others elsewhere may have something for them, since
    // the last call; and that these have had the time to say so.
    bool has_silent() const { return !silent_.empty(); }
    std::vector<wire::AttemptId> take_silent() { return std::exchange(silent_, {}); }
    void let_be_silent(const std::vector<wire::AttemptId>& attempts);
    bool is_closed(machine::PortHandle port) const;
    const rounds::Arbiter& arbiter() const { return arbiter_; }
    std::uint64_t rounds_committed() const { return counters_.rounds() + pairs_; }
    // Messages about rounds, to and from sites that are not lost; equal sums over all sites mean
    // that none is under way. One that was dropped counts as received, by this site.
    std::uint64_t messages_sent() const { return sum_of(sent_); }
    std::uint64_t messages_received() const { return sum_of(received_); }
    // Reports every set of components that can never go on, once. Call when idle.
    void report_stuck();
    // How many have been reported so and still are.
    std::size_t components_stuck() const;
    // Who waits where, and why each alternative was discarded.
    std::vector<Report::Note> explain() const;
    // What the components do that have not ended, and of `lines` of them, from the one at place
    // `first` on, what they wait for.
    Overview overview(std::size_t first, std::size_t lines) const;
    // What happened last.
    const Recorder& recorder() const { return recorder_; }
    const Naming& naming() const { return naming_; }
    // Of what happens from now on; see Recorder.
    void set_time(std::int64_t time_ms) { recorder_.set_time(time_ms); }

    // For tests: how many offers and leaves were looked at to take some of them out.
    std::uint64_t removal_steps() const { return removal_steps_; }
    // The same: of all open attempts, also those that came to nothing.
    std::size_t behaviours_kept() const;
    // Attempts that had to leave the lane, region by region.
    std::uint64_t lane_returns() const;

  private:
    // lane.cpp
    bool may_enter_lane(const Component& self, ComponentIndex index) {
        if (lane_ == Lane::closed || index == application) return false;
        if (watcher_) return false;  // it is told of what only records show
        // Who was silent may have to wait patiently; only the general way knows how.
        if (self.passes > 0 || self.is_silent) return false;
        return lane_ != Lane::at_random || turn() % 2 == 0;
    }
    template <bool may_be_native = true>
    void begin_in_lane(Component& self);
    static void begin_unnoted(Component& self);
    [[gnu::noinline]] static void keep_begin(Component& native);
    static void be_region(Component& self);
    template <bool may_be_native = true>
    void enter_lane(Component& self);
    void enter_if_outside(Component& self);
    void begin_block(ComponentIndex index, bool in_lane);
    void serve_entering(ComponentIndex index, Component& self, machine::Request& request,
                        bool in_lane);
    static void note_round(Component& member);
    void note_pair(Component& self, Component& peer);
    void leave_block(Component& member);
    struct Use;
    Use use_of(Component& self, machine::PortHandle port, bool puts);
    static bool is_allowed(const Use& use, machine::PortHandle port);
    static bool has_partner(const Use& use);
    bool is_unnoted(const Use& use) const;
    template <class Message>
    [[gnu::always_inline]] Meeting meet(const Use& use, Message& message);
    // There is something for the component at this end of a channel: it may be choosing.
    [[gnu::always_inline]] void note_readiness(const Channel::End& end, Component& peer) {
        note_readiness_unwoken(end, peer);
        if (peer.chooses()) enqueue(peer);
    }
    [[gnu::always_inline]] static void note_readiness_unwoken(const Channel::End& end,
                                                              Component& peer) {
        // Most have never chosen, and have this where others look anyway.
        if (peer.choice && end.guard != Channel::no_guard) peer.choice->set(end.guard);
    }
    void go_back_to_begin(Component& self);
    static void absorb(Component& lead, Component& single);
    static void join_writer(const Use& use);
    static void join_regions(Component* larger, Component* smaller);
    [[gnu::noinline]] static void join_larger_regions(Component* larger, Component* smaller);
    void close_region(Component& lead, const Component& current);
    void note_region(const Component& lead);
    [[gnu::noinline]] void commit_region(Component& lead, const Component& current);
    [[gnu::noinline]] void commit_special(Component& lead, const Component& current);
    void print_lines(Component& lead);
    void leave_lane(ComponentIndex of, Fall why);
    Fall obstacle(ComponentIndex index, machine::PortHandle port) const;
    void serve_in_lane(ComponentIndex index, Component& self, machine::Request& request);
    bool is_at_end_of_file(const Component& self, ComponentIndex index, machine::PortHandle port);
    [[gnu::always_inline]] void note_use_in_lane(Component& self, machine::PortHandle port) {
        self.uses_port = true;
        if (self.notes_uses) note_which(self, port);
    }
    [[gnu::always_inline]] void note_use_in_lane(Component& self, ChannelIndex number, bool puts) {
        self.uses_port = true;
        if (self.notes_uses) note_which(self, number, puts);
    }
    [[gnu::noinline]] void note_which(Component& self, machine::PortHandle port);
    [[gnu::noinline]] void note_which(Component& self, ChannelIndex number, bool puts) {
        note_which(self, port_of(number, puts, channels_[number].generation));
    }
    template <class Message>
    [[gnu::always_inline]] void put_allowed(const Use& use, Message&& message, bool closes);
    template <class Message>
    [[gnu::always_inline]] bool get_allowed(const Use& use, bool closes, Message& message);
    static bool keeps_promises(const Component& self);
    bool has_done_much(const Component& self) const;
    static bool has_printed_much(const Component& self, const std::string& line);
    void put_in_lane(ComponentIndex index, Component& self, machine::PortHandle port,
                     machine::Value&& value, bool closes);
    void get_in_lane(ComponentIndex index, Component& self, machine::PortHandle port, bool closes);
    void end_in_lane(ComponentIndex index, Component& self);
    void end_with_use(Component& self, const Component& current);
    void draw_from_lane(ChannelIndex channel, bool is_out);
    // The attempt took an alternative and may have to take it back, or cannot tell whether there is
    // one.
    [[gnu::always_inline]] void doubt(Component& self) {
        doubt_again(self);
        if (!self.is_doubted) note_doubted(self);
    }
    // The same, of one who is among those who are looked at after a while.
    [[gnu::always_inline]] static void doubt_again(Component& self) {
        self.is_doubtful = true;
        self.lead->is_special = true;
    }
    void note_doubted(Component& self);
    bool draw_doubtful(bool at_once);
    // A message may need a turn for each component that it passes through.
    static constexpr std::uint64_t generations_of_patience = 8;
    // Whether there may be one, if a generation ends now.
    [[gnu::always_inline]] bool may_draw_doubtful() const {
        return !doubted_.empty() &&
               generation_ + 1 - doubted_.front().generation >= generations_of_patience;
    }

    // in_place.cpp
    // Of a native component whose code runs.
    [[gnu::always_inline]] bool may_enter_in_place(const Component& self) {
        if (is_open_) [[likely]] {
            return self.is_native_outside();
        }
        return self.phase == Component::Phase::running && may_enter_lane(self, self.index);
    }
    template <class Message>
    Meeting meet_at_once(machine::Participant& who, machine::PortHandle port, bool puts,
                         Message& message);
    [[gnu::noinline]] Meeting join_at_once(Component& self, machine::PortHandle port,
                                           machine::Value& value);
    [[gnu::noinline]] Meeting join_at_once(Component& self, machine::PortHandle port,
                                           std::uint64_t& word) {
        machine::Value value = machine::Value::scalar(word);
        const Meeting meeting = join_at_once(self, port, value);
        word = value.bits();
        return meeting;
    }
    Meeting meet_chosen(Component& self, std::uint32_t chosen, machine::Value& value);
    bool has_nothing_at(const Component& self, std::span<const machine::PortHandle> ports) const;
    bool complete_choice(Component& self);
    void wait_for_any(Component& self);

    // numbers.cpp
    static void begin_with_number(Component& self, bool gets);
    void enter_with_numbers(Component& self);
    Channel& behind(machine::PortHandle port);
    Channel& find_way(Seat::Way& way, const Component& self, machine::PortHandle port);
    void look_up(Seat::Way& way, const Component& self, machine::PortHandle port);
    void forget_ways();
    [[gnu::noinline]] bool put_number_among(Component& self, Channel& channel, ChannelIndex index,
                                            std::uint64_t number);
    [[gnu::noinline]] bool put_number_in_place_rarely(Component& self, machine::PortHandle port,
                                                      std::uint64_t number);
    [[gnu::noinline]] Meeting get_number_in_place_rarely(Component& self, machine::PortHandle port);
    [[gnu::noinline]] GoesOn put_number_rarely(Seat& seat, machine::PortHandle port,
                                               std::uint64_t number);
    [[gnu::noinline]] GoesOn get_number_rarely(Seat& seat, machine::PortHandle port);
    [[gnu::noinline]] GoesOn get_any_number_rarely(Seat& seat,
                                                   std::span<const machine::PortHandle> ports);
    [[gnu::noinline]] GoesOn join_reader(Seat& seat, Component& reader, machine::PortHandle port,
                                         std::uint64_t number);
    [[gnu::noinline]] GoesOn join_writer(Seat& seat, Channel& channel, Component& writer,
                                         machine::PortHandle port);
    bool take_first_number(Component& self, Choice& choice);
    GoesOn deliver_alone(Component& self, Component& reader, std::uint64_t number);
    GoesOn take_alone(Component& self, Channel& channel, Component& writer);
    [[gnu::noinline]] GoesOn tell_of_pair();
    [[gnu::noinline]] GoesOn end_asking(Seat& seat);
    [[gnu::noinline]] GoesOn close_in_place(Seat& seat);
    GoesOn pass_turn_quickly();
    GoesOn pass_turn_of(Seat& seat, Meeting meeting);
    [[gnu::noinline]] GoesOn pass_turn_and_tell(const Channel::End& end, Component& peer);
    [[gnu::noinline]] GoesOn pass_turn_rarely();
    template <class Message>
    bool put_here(Component& self, machine::PortHandle port, Message&& message);
    template <class Message>
    Meeting get_here(Component& self, machine::PortHandle port, bool may_wait, Message& message);
    bool is_in_place(const Use& use, machine::PortHandle port);

    // serving.cpp
    machine::Served put(machine::Participant& who, machine::PortHandle port,
                        std::uint64_t word) override;
    machine::Served put_last(machine::Participant& who, machine::PortHandle port,
                             std::uint64_t word) override;
    machine::Served put_alone(machine::Participant& who, machine::PortHandle port,
                              std::uint64_t word) override;
    Got get(machine::Participant& who, machine::PortHandle port) override;
    Got get_last(machine::Participant& who, machine::PortHandle port) override;
    Got get_alone(machine::Participant& who, machine::PortHandle port) override;
    machine::Served end(machine::Participant& who) override;
    [[gnu::noinline]] machine::Served put_at(Component& self, Channel& channel, Component& peer,
                                             std::uint64_t word, ChannelIndex number);
    [[gnu::noinline]] Got get_at(Component& self, Channel& channel, Component& peer,
                                 ChannelIndex number);
    template <bool closes>
    [[gnu::noinline]] machine::Served put_rarely(Component& self, Channel& channel, Component& peer,
                                                 std::uint64_t word, ChannelIndex number);
    template <bool closes>
    [[gnu::noinline]] Got get_rarely(Component& self, Channel& channel, Component& peer,
                                     ChannelIndex number);
    template <bool closes>
    machine::Served put_among_others(Component& self, machine::PortHandle port, std::uint64_t word);
    template <bool closes>
    Got get_among_others(Component& self, machine::PortHandle port);
    [[gnu::noinline]] machine::Served close_and_serve(Component& self);
    machine::Served serve_put(const Use& use, std::uint64_t word, bool closes);
    Got serve_get(const Use& use, bool closes);
    machine::Served served(const Component& self) const;
    // Of one whose block has happened: it may go on into the next one.
    [[gnu::always_inline]] machine::Served served_between(const Component& self) const {
        return self.is_long || lane_ != Lane::open ? machine::Served::stops
                                                   : machine::Served::goes_on;
    }

    // stepping.cpp: the lane across sites
    bool may_step() const;
    bool is_in_step(ComponentIndex index) const;
    bool is_step_open() const;
    bool may_use_across(ComponentIndex index, machine::PortHandle port) const;
    void put_across(ComponentIndex index, machine::PortHandle port, machine::Value&& value,
                    bool closes);
    void get_across(ComponentIndex index, machine::PortHandle port, bool closes);
    void publish_step();
    bool describe_step();
    bool describe_action(std::size_t part);
    void describe_value(Step::Put& put, wire::Step::Put& said);
    bool is_step_like_last() const;
    void note_described();
    void renumber_step();
    std::unique_ptr<Kept> take_spare(std::uint64_t form);
    bool read_step(wire::SiteId from, std::uint64_t protocol, std::span<const std::byte> bytes,
                   wire::Step& step);
    bool is_step_a_round() const;
    std::size_t describe_puts(wire::SiteId to);
    bool copy_step();
    bool is_proper(wire::SiteId from, const wire::Step& step) const;
    bool gather_leaves();
    void try_step();
    struct Found {
        Kept* kept = nullptr;
        const wire::Step::Put* put = nullptr;
    };
    Found find_put(const Channel& channel, std::uint32_t index) const;
    bool may_lodge(const Found& found, const Channel& channel);
    void lodge_values();
    bool find_values();
    void commit_step();
    void forget_kept_of_step();
    void receive_kept();
    void deviate(wire::SiteId from, const std::string& what);
    void leave_step_if_stuck();
    bool has_said(wire::SiteId to, const wire::Value& value) const;
    void explore_published();

    // choosing.cpp: forks in the lane
    Got fork(machine::Participant& who, std::uint32_t pc) override;
    [[gnu::noinline]] Got fork_anew(Component& self, std::uint32_t pc);
    [[gnu::noinline]] Got fork_again(Component& self, std::uint32_t pc);
    enum class Readiness { now, later, never, unknown };
    // In a fair turn the first choice is taken out of turn, and one in four of the others, each by
    // itself, so that all combinations occur.
    static bool is_first_out_of_turn(const Component& self) { return self.is_fair_turn(); }
    bool is_out_of_turn(const Component& self) {
        if (!self.is_doubtful) return is_first_out_of_turn(self);
        return self.rounds >= 3 && turn() % 4 == 0;
    }
    std::uint32_t turn();
    Readiness readiness(ComponentIndex index, machine::PortHandle port) const;
    bool chooses_by(const Component& reader, ChannelIndex channel) const;
    static const machine::Slot* slots_to_choose(const Component& choosing);
    const ForkSite* site_of(Component& choosing);
    const ForkSite* native_site(Component& choosing, std::span<const machine::PortHandle> ports);
    std::optional<std::uint32_t> choose_ready(Component& self, const ForkSite& site);
    bool survey(ComponentIndex index, const ForkSite& site);
    bool has_message(ComponentIndex index, machine::PortHandle port) const;
    bool is_ready_now(ComponentIndex index, machine::PortHandle port) const;
    std::optional<std::uint32_t> next_ready(Component& self, const ForkSite& site,
                                            std::uint32_t from, std::uint32_t except);
    std::uint32_t choose_out_of_turn(Component& self, const ForkSite& site, std::uint32_t first);
    std::uint32_t pick(Component& self, const ForkSite& site, std::uint32_t first);
    std::optional<std::uint32_t> choose(Component& self, const ForkSite& site);
    std::optional<std::uint32_t> choose_anew(Component& self, const ForkSite& site);
    void choose_alternative(ComponentIndex index);
    void wake_choosing_writers(ComponentIndex index);
    void choose_firing(ComponentIndex index);

    // exploring.cpp: behaviours of an attempt
    void begin_attempt(ComponentIndex index);
    void explore(ComponentIndex index, wire::NodeId id, std::uint32_t& budget);
    bool serve(ComponentIndex index, wire::NodeId id, machine::Request& request);
    bool serve_get(ComponentIndex index, wire::NodeId id, machine::PortHandle port);
    bool serve_put(ComponentIndex index, wire::NodeId id, machine::Request& put);
    bool serve_fork(ComponentIndex index, wire::NodeId id, std::uint32_t count);
    bool serve_fires(ComponentIndex index, wire::NodeId id, machine::PortHandle port);
    bool serve_end(ComponentIndex index, wire::NodeId id);
    bool serve_discarded(ComponentIndex index, wire::NodeId id);
    bool serve_failed(ComponentIndex index, wire::NodeId id, std::string message);
    wire::NodeId add_child(ComponentIndex index, wire::NodeId parent, std::unique_ptr<Body> body);
    bool may_use(ComponentIndex index, wire::NodeId id, machine::PortHandle port,
                 std::string_view what);
    void note_use(ComponentIndex index, ChannelIndex channel, bool puts);
    void meet(ChannelIndex channel);
    void note_change(ChannelIndex channel, bool at_out);

    // holding.cpp: what an attempt may hold in memory
    bool may_hold(ComponentIndex index, wire::NodeId id, std::uint64_t bytes);
    bool may_offer(const wire::AttemptId& attempt, std::uint64_t bytes);
    void note_gone(const Offer& offer);
    void note_body(ComponentIndex index, wire::NodeId id);
    static void drop_body(Attempt& exploring, Node& node);
    void note_size(ComponentIndex index, const Node& grown);
    std::string what_is_too_much() const;
    // In the lane: whether that message can be put, besides what others have not got yet.
    bool has_room(const Component& self, const Pending& pending, const machine::Value& value) {
        const bool is_small = !value.is_reference() || machine::share_of(value.block()) < large;
        return (is_small && !pending.has_grown()) || measure_room(self, value);
    }
    bool has_room(const Component& self, const Pending& pending, std::uint64_t) {
        return !pending.has_grown() || measure_room(self, {});
    }
    [[gnu::noinline]] bool measure_room(const Component& self, const machine::Value& value);
    // From this size on it is looked at one by one what messages take.
    static constexpr std::uint64_t large = 1u << 20;

    // matching.cpp
    void offer(ChannelIndex channel, std::uint32_t index, Offer offer, bool news);
    void give(ChannelIndex channel, std::uint32_t index, Offer& offer);
    const rounds::Branches& behaviours_by_branch(const Attempt& reading, Waiting& waiting,
                                                 const wire::AttemptId& putting);
    const rounds::Branches& offers_by_branch(Waiting& waiting, const std::vector<Offer>& offers);
    bool has_put(ComponentIndex index, ChannelIndex channel, const rounds::Depends& past);
    void take_all(ComponentIndex index, wire::NodeId id, ChannelIndex channel,
                  std::uint32_t received);
    void take(ComponentIndex index, wire::NodeId id, ChannelIndex channel, Offer& offer);
    void shorten_causes(const Node& taker, const Offer& taken, rounds::Depends& depends) const;

    // merging.cpp
    static wire::NodeId first_like(const std::vector<Offer>& offers, const Offer& made);
    std::optional<wire::NodeId> take_like(ComponentIndex index, wire::NodeId id, const Offer& offer,
                                          const rounds::Depends& depends);

    // ordering.cpp: what is explored first
    static void note_live(Attempt& exploring);
    static void order_newest(Attempt& exploring, std::uint32_t count);
    bool is_wanted(ChannelIndex channel, std::uint32_t index) const;
    void want(ChannelIndex channel, std::uint32_t index);
    bool is_set_aside(wire::NodeId id);
    std::uint32_t live_for_aside_first() const;
    std::uint32_t live_for_aside_max() const;
    void release_aside();
    void release_parked(ComponentIndex index);

    // handing.cpp: ports in messages
    bool put_ports_away(ComponentIndex index, wire::NodeId id, const machine::Request& put);
    void receive_ports(Node& taker, ChannelIndex through, const machine::Value& message);
    void lose_ports(ComponentIndex index, const std::vector<Node::Moved>& moved);
    void gain_ports(ComponentIndex index, const std::vector<Node::Moved>& moved);

    // moving.cpp: those that go to other sites
    class PortRecord;
    std::vector<std::byte> bytes_for(program::TypeId type, const machine::Value& value);
    std::expected<machine::Value, std::string> value_from(wire::SiteId from,
                                                          const wire::AttemptId& attempt,
                                                          program::TypeId type,
                                                          std::span<const std::byte> bytes);
    wire::ChannelId name_outside(ChannelIndex number);
    ChannelIndex named_channel(const wire::ChannelId& id, program::TypeId type);
    void forget_channel(ChannelIndex number);
    void forget_named_by(const wire::AttemptId& attempt);
    bool is_needless(const Channel& channel) const;
    void send_away(const std::vector<Node::Moved>& moved);
    void welcome(machine::PortHandle port);
    void begin_anew(ChannelIndex number, bool is_out);
    void receive(wire::SiteId from, const wire::Here& message);
    void arrive_elsewhere(ChannelIndex number, bool is_out, wire::SiteId site, std::uint32_t moves,
                          bool asks);
    void lose_on_the_way(ChannelIndex number, bool is_out);

    // discarding.cpp
    void discard(ComponentIndex index, wire::NodeId id, Discard why);
    void drop(ComponentIndex index, wire::NodeId id);
    struct Removal;
    void discard_all(ComponentIndex index,
                     std::vector<std::pair<wire::NodeId, Discard>> behaviours);
    void drop_all(std::vector<Offer::Taker> victims);
    void drop_victims(Removal& removal);
    void remove_node(ComponentIndex index, wire::NodeId id, Removal& removal);
    void finish(Removal& removal);
    void retract(std::span<const wire::NodeRef> branches, ChannelIndex channel, std::uint32_t index,
                 std::vector<Offer::Taker>& victims);
    std::vector<Node::Put> take_puts(Node& node);
    void lose_takers(const Offer& offer, std::vector<Offer::Taker>& victims);
    void finish_attempt(ComponentIndex index, const wire::Decision& decision,
                        bool others_know = false);

    // pruning.cpp
    static std::optional<std::vector<wire::NodeId>> final_leaves(const Attempt& of,
                                                                 wire::NodeId below);
    bool is_hopeless(ComponentIndex index, wire::NodeId id) const;
    void prune(ComponentIndex index);
    void give_up(ComponentIndex index, wire::NodeId id);

    // preferring.cpp
    std::optional<wire::Decision> find_preferred(wire::AttemptId id) const;
    const Node* find_here(const wire::NodeRef& member) const;
    bool may_improve(const wire::Decision& round, bool is_early) const;
    bool is_explored_around(ComponentIndex index, bool is_early) const;
    std::set<ChannelIndex> channels_of(const wire::Decision& round) const;

    // committing.cpp
    void settle(ComponentIndex index);
    void renew_if_worn(ComponentIndex index);
    void note_try(const wire::AttemptId& attempt);
    void offer_silence(ComponentIndex index);
    // Who waits, and is connected with it through others who wait, if nobody of these has anything
    // left to explore.
    std::optional<std::set<ComponentIndex>> quiet_around(ComponentIndex index);
    bool reaches_elsewhere(const std::set<ComponentIndex>& waiting) const;
    void check_dead(ComponentIndex index);
    void apply_effects();
    void apply(rounds::Send& effect);
    void apply(rounds::Commit& effect);
    void apply(rounds::Fail& effect);
    void apply(rounds::Doubt& effect);
    void apply(rounds::Withdraw& effect);
    void apply(rounds::Restore& effect);
    struct Chosen {
        ComponentIndex index;
        wire::NodeId node;
    };
    void commit_round(const rounds::Commit& round, const std::vector<Chosen>& chosen);
    void commit(ComponentIndex index, wire::NodeId id);
    void note_silence(Component& silent, bool repeats);
    static bool idles(Component& silent);
    void leave_attempt(ComponentIndex index, std::unique_ptr<Body> body);

    // closing.cpp
    void end_component(ComponentIndex index);
    void fail_component(ComponentIndex index, Report report);
    void notice_closing(ComponentIndex index);
    void close_end(ChannelIndex channel, bool is_out);
    void discard_users_of(ChannelIndex channel, bool is_out);
    std::string why_closed(ComponentIndex user, ChannelIndex channel, bool is_out) const;

    // publishing.cpp: the shortcut
    class Prospect;
    void choose_way();
    void publish(Prospect& prospect);
    void commit_published();
    std::optional<wire::NodeId> completed(ComponentIndex index, wire::NodeId published,
                                          const wire::Decision& decision) const;
    bool is_promised(const wire::AttemptId& attempt) const;
    bool was_sent_early(ComponentIndex index, ChannelIndex channel, std::uint32_t number) const;
    void copy_value(const wire::Value& value, wire::SiteId to);
    void withdraw(ComponentIndex index);
    void leave_unsaid(const wire::Final& leaf);

    // remote.cpp
    void receive_now(wire::SiteId from, const wire::Message& message);
    void send_gathered();
    void push(wire::SiteId to, wire::Body body);
    void urge(wire::SiteId from, const wire::Body& body);
    void send(wire::SiteId to, wire::Body body);
    void receive(wire::SiteId from, const wire::Value& message);
    void receive(wire::SiteId from, const wire::Wait& message);
    void receive(wire::SiteId from, const wire::Retract& message);
    void receive(wire::SiteId from, const wire::Closed& message);
    void receive(wire::SiteId from, const wire::Over& message);
    template <class Other>
    void receive(wire::SiteId from, const Other& message);
    std::optional<ChannelIndex> link(wire::SiteId from, const wire::ChannelId& id);
    std::vector<ChannelIndex> named_channels() const;
    void lose_ends_on_the_way_to(wire::SiteId site);
    void forget_offers_of(const wire::AttemptId& attempt);
    std::uint64_t sum_of(const std::vector<std::uint64_t>& messages) const;

    // parting.cpp
    struct Held {
        program::RoutineId routine = 0;
        std::vector<machine::Value> arguments;
        std::vector<machine::PortHandle> ports;
        std::function<void()> begin;  // of a native one, which has none of the others but ports
    };
    bool holds_back(program::RoutineId routine) const;
    void hold(Held held);
    std::vector<std::optional<std::size_t>> sets_of_held() const;
    std::vector<machine::Value> renumbered(program::RoutineId routine,
                                           std::vector<machine::Value> arguments,
                                           std::span<const machine::PortHandle> handles) const;

    // runtime.cpp
    void note_ends(ChannelIndex number);  // see Channel
    static bool is_native(const program::Routine& routine);
    ComponentIndex start(program::RoutineId routine, std::vector<machine::Value> arguments,
                         Who who);
    void spawn(ComponentIndex index, program::RoutineId routine,
               std::vector<machine::Value> arguments);
    void take_turn(std::uint32_t& budget);
    // What happens is no matter of the lane alone: the step ends with the turn that is under way.
    void end_step_soon() {
        step_end_ = queue_.popped();
        note_turns();
    }
    void note_turns() {
        quick_end_ = doubted_.empty() ? step_end_ : std::min(step_end_, generation_end_);
    }
    void run(std::uint32_t& budget);
    bool serve_brought(ComponentIndex index);
    template <class MayHave>
    Component* pass_turn(MayHave may_have);
    machine::Successor next(std::uint32_t budget) override;
    [[gnu::noinline]] machine::Successor next_measured(std::uint32_t budget);
    bool run_native(ComponentIndex index, Component& running, std::uint32_t& budget);
    void go_on_in_lane(ComponentIndex index, Component& running);
    void serve(ComponentIndex index, Component& running, machine::Request& request, bool may_enter);
    void make_channel_for(ComponentIndex index, program::TypeId type);
    void serve_outside(ComponentIndex index, machine::Request& request, bool may_enter);
    void enqueue(ComponentIndex index) { enqueue(component(index)); }
    [[gnu::always_inline]] void enqueue(Component& woken) {
        if (woken.phase < Component::Phase::idle) enqueue_awake(woken);
    }
    [[gnu::always_inline]] void enqueue_awake(Component& woken) {
        if (woken.queued) return;
        woken.queued = true;
        queue_.place_next(&woken);
    }
    void pass_over(ComponentIndex index, Component& running);
    void explore_some(ComponentIndex index, std::uint32_t& budget);
    // When everybody who could run has had a turn; later, while nobody is doubted.
    void begin_generation() {
        ++generation_;
        generation_end_ = queue_.pushed();
        note_turns();
    }
    void note_generation();
    void bury();

    // sharing.cpp
    void send_off(ComponentIndex index, std::uint64_t instructions);
    void send_off_behaviour(ComponentIndex index, wire::NodeId id);
    void welcome_back();
    void take_back(Component& away);
    void note_length(Component& computed, std::uint64_t instructions);
    static bool is_between_blocks(const Component& running) {
        return running.phase == Component::Phase::running && !running.entrance.is_new();
    }
    [[gnu::always_inline]] void begin_stretch(Component& running, std::uint32_t budget) {
        if (!shared_.workers) return;
        began_between_ = is_between_blocks(running);
        began_with_ = budget;
        running.entrance.mark(budget);
    }
    std::uint32_t end_stretch(Component& ran, std::uint32_t budget);
    ComponentIndex add(Who who, std::string_view name, Span declared, std::unique_ptr<Body> body,
                       bool is_native, const std::vector<machine::PortHandle>& ports);
    bool awaits_outside(ComponentIndex index) const;

    // withholding.cpp
    bool leaves_out(ComponentIndex index, machine::PortHandle port) const;
    bool withholds(ComponentIndex index, const Node& leaf) const;
    void withhold(ComponentIndex index, wire::Leaf leaf);
    void note_used(ComponentIndex index, const Node& leaf);
    std::set<ComponentIndex> withholding_;
    std::uint64_t withheld_ever_ = 0;
    std::vector<wire::AttemptId> silent_;

    // watching.cpp
    WatchedRound describe(const wire::Decision& decision) const;
    void describe(const Node::Count& use, const wire::Decision& decision,
                  WatchedRound& round) const;

    // explaining.cpp
    template <class Visit>
    void for_each_connected_set(Visit visit) const;
    bool explore_stuck();
    // What became of a behaviour, to be read after the component's name; or what it needs yet.
    struct Finding {
        std::string text;
        Span where;
        bool is_need = true;
    };
    std::string instead_of(const Node& waiting) const;
    std::vector<Finding> findings_on(ComponentIndex index) const;
    std::vector<std::string> needs_in_step(const Component& waiting) const;
    std::vector<Finding> findings_in_lane(const Component& waiting) const;
    std::vector<Report::Note> notes_on(ComponentIndex index) const;
    std::vector<Report::Note> notes_beside(const Discard& why, ComponentIndex index) const;
    std::string describe_port(ChannelIndex channel, bool is_out) const;
    std::string label(ComponentIndex index) const;
    Doing doing(ComponentIndex index) const;

    [[gnu::always_inline]] Component& component(ComponentIndex index) { return components_[index]; }
    [[gnu::always_inline]] const Component& component(ComponentIndex index) const {
        return components_[index];
    }
    Attempt& attempt(ComponentIndex index) { return *components_[index].attempt; }
    // The component whose open attempt this is, if it is one of this site's.
    std::optional<ComponentIndex> owner(const wire::AttemptId& attempt) const;

    ProgramBody::Shared shared_;
    Limits limits_;
    Place place_;
    World& world_;
    Watcher* watcher_ = nullptr;
    rounds::Arbiter arbiter_;
    rounds::Announcements announcements_;

    Counters counters_;
    std::uint64_t pairs_ = 0;  // rounds of two with one message that are not among the counters yet
    Naming naming_;
    Recorder recorder_;
    Blocks blocks_;  // which components in the lane refer to
    Slab<Component> components_;
    Slab<Channel> channels_;
    Channel nowhere_;                                // that nobody may use
    std::map<wire::ChannelId, ChannelIndex> named_;  // that other sites know, or may know
    std::uint32_t exported_ = 0;                     // how many have got a name from this site
    ChannelIndex described_channels_ = 0;            // the first ones are the description's
    bool hands_over_ = false;                        // there may be ports in messages
    std::deque<std::string> names_;                  // of native components
    bool holds_back_ = false;
    std::vector<Held> held_;
    Ring<Component*> queue_;  // has room for all
    ComponentIndex running_ = application;
    std::uint64_t step_end_ = 0;    // turns: in this step there are no more than so many
    std::uint64_t quick_end_ = 0;   // turns: before that there is nothing but the queue to look at
    bool began_between_ = false;    // two sync blocks, where who runs began to
    std::uint32_t began_with_ = 0;  // what was left of the budget then
    std::vector<ComponentIndex> quiet_candidates_;
    std::vector<ComponentIndex> quiet_later_;  // candidates, when somebody has done something
    std::vector<ComponentIndex> ended_;        // their numbers can be used again after this step
    std::vector<ChannelIndex> unused_;

    Lane lane_ = Lane::open;
    bool is_open_ = true;  // for everybody who is plain; see may_enter_lane()
    static constexpr int ends_in_a_row = 64;
    int ends_left_ = ends_in_a_row;  // of blocks, whose components go on at once
    struct Doubted {
        ComponentIndex index = 0;
        std::uint64_t stamp = 0;
        std::uint64_t generation = 0;
    };
    Ring<Doubted> doubted_;  // attempts in the lane that may have to leave it
    const wire::Decision no_records_;
    // Grows when everybody who could run has had a turn.
    std::uint64_t generation_ = 0;
    std::uint64_t generation_end_ = 0;  // turns
    std::uint64_t turns_ = 0;           // of the random numbers
    std::size_t components_left_ = 0;
    std::uint64_t slices_ = 0;
    std::uint64_t slices_with_news_ = 0;
    std::uint64_t instructions_run_ = 0;
    std::vector<std::pair<wire::SiteId, wire::Message>> outbox_;
    std::uint64_t gathered_bytes_ = 0;  // of these, about
    // What others need not know before something else is sent to them, or they begin to decide; and
    // what they need not know unless what is published is withdrawn.
    std::map<wire::SiteId, std::vector<wire::Wait>> withheld_;
    std::vector<std::pair<wire::SiteId, wire::Wait>> unsaid_;
    bool is_restoring_ = false;                         // a value of a round that is decided
    std::optional<rounds::Commit> published_round_;     // decided, but not all is computed yet
    std::map<wire::AttemptId, std::uint64_t> offered_;  // bytes here, by those of other sites
    std::vector<std::uint64_t> sent_;                   // by site
    std::vector<std::uint64_t> received_;
    std::set<wire::SiteId> deviated_;  // have said what the protocol does not allow
    bool is_followed_;                 // by the world, round by round
    bool steps_;                       // its application does, with few others
    Step step_;
    std::vector<std::unique_ptr<Kept>> kept_;   // in their order
    std::vector<std::unique_ptr<Kept>> spare_;  // to be used again
    std::size_t kept_bytes_ = 0;
    bool must_receive_kept_ = false;  // the application takes the general way
    std::uint64_t offers_made_ = 0;   // ever
    std::uint64_t removal_steps_ = 0;
    std::uint32_t tries_ = 0;              // attempts of applications that are known of
    std::vector<std::uint64_t> last_try_;  // by site
    bool has_failed_ = false;
    bool applying_ = false;
};

}  // namespace reowolf::runtime
