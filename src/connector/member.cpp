// SPDX-License-Identifier: MIT
#include "connector/member.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "connector/link.hpp"
#include "diagnostics/runtime_error.hpp"
#include "native/library.hpp"

namespace reowolf::connector {

namespace {

// Slices of components in a row before the loop gets its turn.
constexpr int slices_per_turn = 64;

// Who is missing is asked so long before the time limit passes, at most.
constexpr std::int64_t looks_before_ms = 1'000;
constexpr std::int64_t interrupt_patience_ms = 50;

// Errors of components kept for the explanation of a failed round.
constexpr std::size_t errors_kept_max = 8;

// Where the behaviours of an application are very many.
constexpr std::int64_t tries_more_every_ms = 100;

// Messages of the next protocol kept until this peer has heard that it is agreed on.
constexpr std::size_t early_max = 4'096;

runtime::Place place_of(const Description& description, const std::vector<Class>& classes) {
    runtime::Place place;
    place.self = description.self;
    place.sites = description.names();
    for (wire::SiteId site = 0; site < place.sites.size(); ++site) {
        if (steps(classes[site])) place.realtime.push_back(site);
    }
    return place;
}

}  // namespace

Member::Member(Handshake::Established established, post::Loop& loop, const Limits& limits,
               std::uint64_t seed, Observer observer, runtime::Workers* workers)
    : Turn(loop),
      description_(std::move(established.description)),
      loop_(loop),
      began_ms_(loop.now_ms()),
      limits_(limits),
      observer_(std::move(observer)),
      chance_(seed),
      classes_(std::move(established.classes)),
      workers_(workers),
      check_(loop, description_->self, 0, questions()),
      presence_(loop, description_->self, 2, questions()),
      impasse_(loop, description_->self, 1, questions()),
      ends_(loop, description_->self, 4, questions()),
      silence_(loop, description_->self, 5, questions(true)),
      epochs_(classes_.size()),
      early_(classes_.size()) {
    build();
    part_regions();
    links_.resize(established.connections.size());
    outgoing_.resize(links_.size());
    for (wire::SiteId site = 0; site < links_.size(); ++site) {
        if (!established.connections[site]) continue;
        links_[site] =
            std::make_unique<Link>(*this, site, std::move(established.connections[site]));
    }
    loop_.post(
        [this, early = std::move(established.early), alive = std::weak_ptr(alive_)]() mutable {
            if (alive.expired()) return;
            for (wire::SiteId site = 0; site < links_.size(); ++site) {
                if (!links_[site]) continue;
                for (auto& bytes : early[site]) on_frame(site, runtime::Frame(std::move(bytes)));
                links_[site]->connection->set_handler(links_[site].get());
            }
            if (observer_.progress) watch_transfers();
            pump();
        });
}

Member::~Member() {
    loop_.cancel(deadline_);
    loop_.cancel(telling_);
    loop_.cancel(turn_ends_);
    loop_.cancel(silence_ends_);
    loop_.cancel(watching_);
    loop_.cancel(trying_);
}

void Member::committed(const wire::Decision& decision) {
    observer_.committed(decision);
    note_round(decision);
}

std::unique_ptr<runtime::Body> Member::make_native(const program::Routine& routine,
                                                   runtime::ComponentIndex component,
                                                   const std::vector<machine::Value>& arguments) {
    return native::make(description_->program, routine, component, arguments, *outside_);
}

// The components placed here, and their channels. Those in the order of the structure, so that they
// have the same numbers at every site.
void Member::build() {
    using Kind = Structure::End::Kind;
    const Structure& structure = description_->structure;
    const wire::SiteId self = description_->self;
    fresh_.clear();
    sent_.clear();
    sent_.resize(classes_.size());
    protocol_ = wire::protocol_number(description_->identity());
    outside_.emplace(loop_, chance_.next());
    runtime_.emplace(description_->program, limits_, place_of(*description_, classes_),
                     static_cast<runtime::World&>(*this));
    if (workers_) runtime_->employ(*workers_);
    outside_->attach(*runtime_, [this] { pump(); });
    const auto is_here = [&](const Structure::End& end) {
        return end.kind != Kind::nobody && end.site == self;
    };
    const auto name_of = [&](machine::PortHandle port) -> std::string_view {
        const auto& own = structure.ports[self];
        return std::ranges::find(own, port / 2, &Structure::Port::channel)->name;
    };
    for (const Structure::Channel& channel : structure.channels) {
        const bool out_here = is_here(channel.out);
        const bool in_here = is_here(channel.in);
        const bool out_exists = channel.out.kind != Kind::nobody;
        const bool in_exists = channel.in.kind != Kind::nobody;
        if (!out_here && !in_here) {
            runtime_->make_absent(channel.type);
        } else if (out_here != in_here && out_exists && in_exists) {
            const wire::SiteId other = out_here ? channel.in.site : channel.out.site;
            const Structure::End& end = out_here ? channel.out : channel.in;
            const Structure::End& far = out_here ? channel.in : channel.out;
            const auto port =
                runtime_->make_link(channel.type, out_here, other, far.kind == Kind::application);
            if (end.kind == Kind::application) runtime_->give_to_application(port, name_of(port));
        } else {
            const auto ends = runtime_->make_channel(channel.type);
            if (channel.out.kind == Kind::application) {
                runtime_->give_to_application(ends.out, name_of(ends.out));
            }
            if (channel.in.kind == Kind::application) {
                runtime_->give_to_application(ends.in, name_of(ends.in));
            }
            if (!out_exists) runtime_->close(ends.out);
            if (!in_exists) runtime_->close(ends.in);
        }
    }
    for (const Structure::Component& component : structure.components) {
        if (component.site == self) runtime_->start(component.routine, component.arguments);
    }
    closed_.clear();
    may_expire_ = may_expire_by_itself_ = may_expire({});
}

// ---- Rounds of the application -----------------------------------------------------------------

void Member::sync(std::shared_ptr<const Batches> batches,
                  std::shared_ptr<const Description> prepared_for, std::int64_t timeout_ms,
                  SyncDone done) {
    sync_done_ = std::move(done);
    ++call_;
    errors_.clear();
    batches_ = std::move(batches);
    prepared_for_ = std::move(prepared_for);
    timeout_ms_ = timeout_ms;
    tries_once_ = timeout_ms == 0;
    gives_up_ = false;
    ended_by_.clear();
    renews_ = false;
    renewals_ = 0;
    heard_.clear();
    const bool is_nothing = std::ranges::all_of(*batches_, &std::vector<Prepared>::empty);
    if (!steps_here() && is_nothing) {
        return complete(std::unexpected(
            Failure{Fault::unsatisfiable, "nothing is prepared, so no port can fire"}));
    }
    if (timeout_ms > 0) {
        const std::int64_t rest_ms = std::min(timeout_ms / 4, looks_before_ms);
        deadline_ = loop_.after(timeout_ms - rest_ms, [this, rest_ms] {
            look_who_is_there([] {});
            deadline_ = loop_.after(rest_ms, [this] {
                deadline_ = 0;
                end_call(fmt::format("the time limit of {} ms passed", timeout_ms_));
            });
        });
    }
    if (is_expired_) {
        negotiate();
    } else {
        enter();
    }
    pump();
}

// Who is missing is asked before, and those who do not answer are not waited for long.
void Member::interrupt() {
    static constexpr std::string_view why = "it was interrupted";
    if (!sync_done_ || !ended_by_.empty()) return;
    if (is_negotiating_ || !heard_.empty()) return end_call(why);
    loop_.cancel(deadline_);
    deadline_ = loop_.after(interrupt_patience_ms, [this] {
        deadline_ = 0;
        end_call(why);
    });
    look_who_is_there([this] { end_call(why); });
}

void Member::end_call(std::string_view why) {
    if (!sync_done_ || !ended_by_.empty()) return;
    loop_.cancel(std::exchange(deadline_, 0));
    ended_by_ = fmt::format("{} at '{}'", why, description_->name(description_->self));
    if (is_negotiating_) return withdraw();
    give_up(wire::Reason::timed_out, ended_by_ + who_waits());
    pump();
}

void Member::enter() {
    if (prepared_for_ != description_) {
        auto translated = translate(*batches_, *prepared_for_, *description_, limits_);
        if (!translated) {
            return complete(
                std::unexpected(Failure{Fault::disagreement, std::move(translated.error())}));
        }
        batches_ = std::make_shared<const Batches>(std::move(*translated));
        prepared_for_ = description_;
    }
    make_fresh_ports();
    runtime_->enter_application(std::make_unique<ApplicationBody>(batches_, !steps_here()));
    if (!ended_by_.empty()) give_up(wire::Reason::timed_out, ended_by_ + who_waits());
}

// A channel for each port that is to be made.
void Member::make_fresh_ports() {
    const bool has_any = std::ranges::any_of(*batches_, [](const auto& batch) {
        return std::ranges::any_of(batch, &Prepared::is_fresh);
    });
    if (!has_any) return;
    auto batches = std::make_shared<Batches>(*batches_);
    for (auto& batch : *batches) {
        for (Prepared& prepared : batch) {
            if (!prepared.is_fresh) continue;
            const program::Type& port = description_->program.types[prepared.type];
            const auto ends = runtime_->make_channel(port.element);
            runtime_->give_to_application(ends.out, {});
            runtime_->give_to_application(ends.in, {});
            const bool sends_out = port.kind == program::TypeKind::out_port;
            fresh_.push_back({sends_out ? ends.out : ends.in, sends_out ? ends.in : ends.out});
            prepared.value = machine::Value::scalar(fresh_.back().sent);
        }
    }
    batches_ = std::move(batches);
}

// Of those that went out the other ends stay.
void Member::keep_fresh_ports(Outcome& outcome) {
    for (const Outcome::Made& made : std::exchange(fresh_, {})) {
        const bool went_out = std::ranges::any_of(outcome.fired, [&](const auto& fired) {
            return !fired.came_in && !fired.value.is_reference() &&
                   fired.value.bits() == made.sent && fired.is_fresh;
        });
        if (went_out) {
            outcome.made.push_back(made);
        } else {
            runtime_->close(made.sent);
            runtime_->close(made.kept);
        }
    }
}

void Member::application_committed(std::unique_ptr<runtime::Body> body) {
    renews_ = false;
    auto& done = static_cast<ApplicationBody&>(*body);
    Outcome outcome{
        .is_expired = false, .batch = done.batch(), .fired = done.take_fired(), .made = {}};
    keep_fresh_ports(outcome);
    if (may_expire_) {
        committed_ = std::move(outcome);
        find_out_if_last();
    } else {
        complete(std::move(outcome));
        answer_if_last();
    }
}

void Member::application_failed(wire::Reason reason, const std::string& text) {
    Outcome nothing;
    keep_fresh_ports(nothing);
    // In the next protocol, of which nothing has been tried yet. Not from within the runtime, which
    // makes room for it.
    if (std::exchange(renews_, false) || reason == wire::Reason::expired) {
        check_.stop();
        tries_once_ = timeout_ms_ == 0;
        loop_.post([this, alive = std::weak_ptr(alive_)] {
            if (alive.expired()) return;
            negotiate();
            pump();
        });
        return;
    }
    // A port that it uses has another place now.
    if (reason == wire::Reason::moved && !gives_up_ && !left_) return enter();
    // Somebody who had a part in deciding is gone, but is not needed.
    const bool is_about_others = reason == wire::Reason::peer_lost || reason == wire::Reason::left;
    const bool can_go_on = !steps_here() || !runtime_->arbiter().is_step_broken();
    if (is_about_others && can_go_on && !gives_up_ && !left_) return enter();
    Failure failure{Fault::timed_out, text};
    switch (reason) {
        case wire::Reason::timed_out:
        case wire::Reason::moved:
        case wire::Reason::expired:
            failure.text = "the round did not come about: " + text;
            break;
        case wire::Reason::unsatisfiable:
            failure = {Fault::unsatisfiable, "no behaviour fits what the peers have put and got" +
                                                 (text.empty() ? text : "\n" + text)};
            // It might have fitted, had nobody gone.
            if (const auto site = missed()) {
                const bool has_left = leaving_.contains(*site);
                failure.fault = has_left                    ? Fault::peer_left
                                : deviated_.contains(*site) ? Fault::deviated
                                                            : Fault::peer_gone;
                failure.text = fmt::format("peer '{}' is gone: {}\n{}", description_->name(*site),
                                           has_left ? "it has left the connector" : lost_.at(*site),
                                           failure.text);
            }
            break;
        case wire::Reason::deviated:
            failure.fault = Fault::deviated;
            break;
        case wire::Reason::peer_lost:
        case wire::Reason::left:
            failure.fault = fault_of_loss();
            add_told_losses(failure.text);
            break;
    }
    complete(std::unexpected(std::move(failure)));
}

void Member::application_in_doubt(const std::string& text) {
    Outcome nothing;
    keep_fresh_ports(nothing);
    is_untried_ = false;
    complete(std::unexpected(Failure{
        Fault::unknown_outcome,
        "the connection was lost after this peer had promised its part, and nobody who is left "
        "knows the outcome: " +
            text}));
}

// Who waits here and why, a line each.
std::string Member::explanation() const {
    const diagnostics::Sources& sources = description_->sources;
    std::string text;
    for (const runtime::Report::Note& note : runtime_->explain()) {
        text += fmt::format("{} +-  {}", text.empty() ? "" : "\n", note.text);
        if (note.where == Span{}) continue;
        const auto place = sources.position(note.where.source, note.where.begin);
        text +=
            fmt::format(" at {}:{}:{}", sources.name(note.where.source), place.line, place.column);
    }
    return text;
}

// Not at once: this happens in the middle of a runtime's step, and the application may go on with
// the next round.
void Member::complete(std::expected<Outcome, Failure> result) {
    loop_.cancel(std::exchange(deadline_, 0));
    check_.stop();
    presence_.stop();
    tries_once_ = false;
    batches_.reset();
    prepared_for_.reset();
    is_negotiating_ = false;
    if (std::exchange(is_queried_, false) && is_expired_) send_proposal(0);
    if (!sync_done_) return;
    if (!result) {
        for (const std::string& error : errors_) result.error().text += "\n" + error;
    }
    result_.emplace(std::exchange(sync_done_, nullptr), std::move(result));
    come_soon();
}

// ---- The loop ----------------------------------------------------------------------------------

void Member::pump() {
    runtime_->set_time(loop_.now_ms() - began_ms_);
    bool has_stopped = false;
    for (int slices = 0; slices < slices_per_turn && !has_stopped && !runtime_->has_gathered_much();
         ++slices) {
        has_stopped = !runtime_->step();
    }
    if (has_stopped) on_idle();
    flush();
    if (has_stopped) ask_those_waited_for();
    if (has_stopped) ask_before_silence();
    if (has_stopped) try_more_later();
    if (has_stopped && !runtime_->help()) return;
    pump_soon();
}

void Member::try_more_later() {
    if (trying_ != 0 || !runtime_->may_try_more()) return;
    trying_ = loop_.after(tries_more_every_ms, [this] {
        trying_ = 0;
        runtime_->try_more();
        pump();
    });
}

void Member::pump_soon() {
    pumps_soon_ = true;
    come_soon();
}

void Member::on_turn() {
    if (std::exchange(pumps_soon_, false)) pump();
    if (!result_) return;
    Result result = std::move(*result_);
    result_.reset();
    result.done(std::move(result.outcome));  // which may be the end of this object
}

void Member::send(wire::SiteId to, wire::Message&& message) {
    outgoing_[to].add(std::move(message));
}

post::Payload Member::payload_of(const wire::Final* leaf, wire::Form& form) {
    wire::encode_frame(protocol_, step_puts_, leaf, frame_, gaps_, form);
    const post::Payload::Piece all = post::Payload::copy_of(frame_.written());
    if (gaps_.empty()) return post::Payload(all);
    post::Payload payload;
    std::size_t begin = 0;
    auto gap = gaps_.begin();
    for (const wire::Step::Put* const put : step_puts_) {
        if (!put->keeper) continue;
        payload.add({all.keeper, all.bytes.subspan(begin, *gap - begin)});
        payload.add({put->keeper, put->bytes});
        begin = *gap++;
    }
    if (begin < all.bytes.size()) payload.add({all.keeper, all.bytes.subspan(begin)});
    return payload;
}

// Of a step that goes in one frame.
post::Payload Member::payload_of_all(const wire::Step& step, Sent& last) {
    if (last.number != 0 && last.number == step.form && !last.form.frame.empty()) {
        auto [piece, room] = post::Payload::room_of(last.form.frame.size());
        if (wire::encode_again(last.form, step_puts_, &step.leaf, room)) {
            return post::Payload(std::move(piece));
        }
    }
    last.number = step.form;
    return payload_of(&step.leaf, last.form);
}

// Of those who step together, nobody is two steps ahead of another as long as they succeed.
bool Member::has_room_for(const wire::Step& step, wire::SiteId to) {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < step.put_count; ++i) {
        if (step.puts[i].to == to) bytes += step.puts[i].bytes.size();
    }
    if (bytes <= Outbox::frame_value_bytes_max) return true;
    const std::size_t before = std::exchange(sent_[to].large_bytes, bytes);
    return links_[to]->connection->queued_bytes() <= before + Outbox::queued_bytes_max;
}

// Where nothing goes before it, it needs no copies.
void Member::send_step(wire::SiteId to, const wire::Step& step) {
    if (!outgoing_[to].is_empty()) return World::send_step(to, step);
    if (!links_[to]->is_open) return;
    Sent& last = sent_[to];
    if (!has_room_for(step, to)) return World::send_step(to, step);
    outgoing_[to].note_other();
    bool is_whole = true;
    step_puts_.clear();
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < step.put_count; ++i) {
        const wire::Step::Put& put = step.puts[i];
        if (put.to != to) continue;
        if (bytes > 0 && bytes + put.bytes.size() > Outbox::frame_value_bytes_max) {
            last.number = 0;
            links_[to]->connection->send(payload_of(nullptr, last.form));
            step_puts_.clear();
            is_whole = false;
            bytes = 0;
        }
        bytes += put.bytes.size();
        step_puts_.push_back(&put);
    }
    links_[to]->connection->send(is_whole ? payload_of_all(step, last)
                                          : payload_of(&step.leaf, last.form));
}

// What goes to one site travels in one frame, if it is not large.
void Member::flush(bool all) {
    runtime_->flush();
    for (wire::SiteId site = 0; site < links_.size(); ++site) {
        Outbox& outgoing = outgoing_[site];
        if (outgoing.is_empty()) continue;
        if (links_[site]->is_open) {
            hand_over(site, all);
        } else {
            outgoing.clear();
        }
    }
}

void Member::hand_over(wire::SiteId site, bool all) {
    Outbox& outgoing = outgoing_[site];
    outgoing.send(*links_[site]->connection, protocol_, all);
    runtime_->note_unsent(site, outgoing.take_dropped());
    if (outgoing.is_sifting()) pump_soon();
}

void Member::on_drained(wire::SiteId site) {
    if (!outgoing_[site].is_empty()) flush();
}

void Member::give_back(wire::SiteId from, std::vector<std::byte> bytes) {
    links_[from]->connection->give_back(std::move(bytes));
}

void Member::align(wire::SiteId from, std::size_t bytes) {
    links_[from]->connection->align(bytes);
}

void Member::tell(wire::SiteId to, const wire::Message& message) {
    flush();
    if (!links_[to]->is_open) return;
    // What is held back comes before it.
    outgoing_[to].add(message);
    hand_over(to, false);
}

void Member::send(wire::SiteId to, const wire::Handshake& message) {
    // What was meant for this site itself has come too late, then.
    if (!links_[to] || !links_[to]->is_open) return;
    flush(true);
    outgoing_[to].note_other();
    links_[to]->connection->send(wire::encode(message));
}

void Member::send_all(const wire::Message& message) {
    for (wire::SiteId site = 0; site < links_.size(); ++site) {
        if (links_[site]) tell(site, message);
    }
}

Quiet::Asked Member::questions(bool before_silence) {
    return {.ask_all =
                [this, before_silence](wire::Probe probe) {
                    probe.before_silence = before_silence;
                    send_all({{}, probe});
                },
            .others =
                [this] {
                    std::vector<wire::SiteId> others;
                    for (wire::SiteId site = 0; site < links_.size(); ++site) {
                        if (links_[site] && links_[site]->is_open) others.push_back(site);
                    }
                    return others;
                },
            .here = [this, before_silence] { return answer(before_silence); }};
}

wire::Probed Member::answer(bool before_silence) {
    if (runtime_->leave_step()) pump_soon();
    const bool may_go_on_later = runtime_->awaits_outside() || ends_.is_seeking() ||
                                 silence_.is_seeking() || runtime_->has_silent();
    return {.number = 0,
            .quiet = runtime_->is_idle() && !runtime_->is_withholding() &&
                     !runtime_->may_try_more() && (before_silence || !may_go_on_later),
            .sent = runtime_->messages_sent(),
            .received = runtime_->messages_received(),
            .waiting = runtime_->application_attempt(),
            .alive = runtime_->components_left(),
            .ended = runtime_->components_ended(),
            .last_word = said_last_ ? round_.own + 1 : 0,
            .explanation = before_silence ? std::string() : explanation()};
}

void Member::on_frame(wire::SiteId from, runtime::Frame frame) {
    const bool is_of_now = links_[from]->is_open && epochs_[from] == epoch_;
    if (is_of_now && runtime_->receive_step(from, protocol_, frame)) return pump();
    on_message(from, frame.bytes());
}

void Member::on_message(wire::SiteId from, std::span<const std::byte> bytes) {
    if (!links_[from]->is_open) return;
    if (wire::is_handshake(bytes)) {
        const auto handshake = wire::decode_handshake(bytes);
        if (!handshake) return deviation(from, handshake.error());
        std::visit([&](const auto& one) { on(from, one); }, *handshake);
        return pump();
    }
    const auto frame = wire::decode_frame(bytes);
    if (!frame) return deviation(from, frame.error());
    if (const auto* lost = std::get_if<wire::Lost>(&frame->messages.front().body)) {
        if (lost->site < links_.size()) on_told_lost(lost->site, lost->why);
        return pump();
    }
    if (epochs_[from] != epoch_) {  // of the last protocol, or already of the next
        if (epochs_[from] < epoch_) return;
        if (early_[from].size() >= early_max) return deviation(from, "it does not wait for others");
        early_[from].emplace_back(bytes.begin(), bytes.end());
        return;
    }
    if (frame->protocol != protocol_) return deviation(from, "it follows another protocol");
    for (const wire::Message& message : frame->messages) on_message(from, message);
    pump();
}

void Member::on_message(wire::SiteId from, const wire::Message& message) {
    if (const auto* probe = std::get_if<wire::Probe>(&message.body)) {
        flush();  // what is to be sent has been sent, or it is not known yet
        wire::Probed here = answer(probe->before_silence);
        here.number = probe->number;
        tell(from, {{}, std::move(here)});
    } else if (const auto* probed = std::get_if<wire::Probed>(&message.body)) {
        // Not when all have answered: it may have arrived again by then.
        forget_arrival(from, probed->waiting);
        check_.on_answer(from, *probed);
        if (presence_.awaits(*probed)) heard_.insert_or_assign(from, *probed);
        presence_.on_answer(from, *probed);
        impasse_.on_answer(from, *probed);
        ends_.on_answer(from, *probed);
        silence_.on_answer(from, *probed);
        on_answer_waited_for(from, *probed);
    } else if (const auto* arrived = std::get_if<wire::Arrived>(&message.body)) {
        on_arrived(from, *arrived);
    } else if (const auto* impossible = std::get_if<wire::Impossible>(&message.body)) {
        on_impossible(*impossible);
    } else if (const auto* question = std::get_if<wire::WasLast>(&message.body)) {
        ask_if_last_.insert_or_assign(from, *question);
        answer_if_last();
    } else if (const auto* last = std::get_if<wire::Last>(&message.body)) {
        on_last(*last);
    } else {
        const auto* closed = std::get_if<wire::Closed>(&message.body);
        if (closed == nullptr || !note_closing(from, *closed)) runtime_->receive(from, message);
    }
}

void Member::report(const runtime::Report& report) {
    observer_.report(report);
    std::vector<diagnostics::TraceLine> trace;
    for (const runtime::TraceLine& line : report.trace) {
        trace.push_back({line.kind, line.name, line.where});
    }
    if (errors_.size() < errors_kept_max) {
        errors_.push_back(diagnostics::render_runtime_error(description_->sources, report.message,
                                                            report.where, trace));
    }
}

bool Member::is_port_closed(machine::PortHandle port) const {
    return runtime_->is_closed(port);
}

}  // namespace reowolf::connector
