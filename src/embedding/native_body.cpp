// SPDX-License-Identifier: MIT
#include "embedding/native_body.hpp"

#include <limits>
#include <utility>

#include "runtime/channel.hpp"

namespace reowolf::embedding {

using machine::PortHandle;
using machine::Request;
using machine::Value;

namespace {

Request get_of(PortHandle port, program::TypeId type) {
    return Request::get(port, type);
}
Request put_of(PortHandle port, program::TypeId type) {
    return Request::put(port, type, {});
}
Request does_something_else() {
    return Request::failed("a sync block does something else when it is run again");
}

std::string text_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& exception) {
        return exception.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

std::int64_t after(std::int64_t now_ms, std::int64_t patience_ms) {
    if (patience_ms <= 0) return now_ms;
    return patience_ms > std::numeric_limits<std::int64_t>::max() - now_ms ? never
                                                                           : now_ms + patience_ms;
}

class Trying {
  public:
    explicit Trying(Engine& engine) : engine_(engine) { engine_.is_trying = true; }
    Trying(const Trying&) = delete;
    Trying& operator=(const Trying&) = delete;
    ~Trying() { engine_.is_trying = false; }

  private:
    Engine& engine_;
};

}  // namespace

NativeBody::NativeBody(std::shared_ptr<Core> core) : core_(std::move(core)) {}
NativeBody::~NativeBody() = default;

NativeBody::NativeBody(const NativeBody& other)
    : Body(other),
      core_(other.core_),
      next_(other.next_),
      copied_(true),
      is_late_(other.is_late_),
      is_closed_(other.is_closed_),
      chosen_(other.chosen_),
      block_(other.block_),
      state_(other.state_),
      value_(other.value_),
      exchanges_(other.exchanges_) {}

NativeBody::Exchange::Exchange(const Ask& ask) : kind(ask.kind), count(ask.count), port(ask.port) {
    if (kind == Ask::Kind::put) value = to_value(ask.value);
    if (kind == Ask::Kind::print) value = Value::text(ask.text);
}

bool NativeBody::Exchange::is_of(const Ask& ask) const {
    if (kind != ask.kind || port != ask.port) return false;
    switch (kind) {
        case Ask::Kind::put:
            return value == to_value(ask.value);
        case Ask::Kind::fork:
            return count == ask.count;
        case Ask::Kind::print:
            return value == Value::text(ask.text);
        default:
            return true;
    }
}

std::uint64_t NativeBody::bytes() const {
    std::uint64_t bytes = sizeof(*this) + exchanges_.size() * sizeof(Exchange);
    for (const Exchange& each : exchanges_) bytes += machine::share_of(each.value.block());
    return bytes;
}

void NativeBody::drop_run() {
    run_.reset();
    exchanges_.clear();
    replayed_ = 0;
}

void NativeBody::begin_act() {
    prepare_act();
    begin_anew();
}

void NativeBody::prepare_act() {
    if (act().patience_ms != never) {
        act().until_ms = after(core_->outside.now_ms(), act().patience_ms);
        act().patience_ms = never;
    }
    block_ = act().block;
    state_.reset();
    if (act().state) state_ = *act().state;
}

bool NativeBody::same_state(const Body& other) const {
    const auto& earlier = static_cast<const NativeBody&>(other);
    return state_ && block_ == earlier.block_ && state_ == earlier.state_;
}

// What was in place is not any more.
void NativeBody::go_back() {
    if (next_ == Next::component) {
        core_->drop_code();
        act().is_entered = false;
        prepare_act();
    }
    begin_anew();
}

void NativeBody::begin_anew() {
    drop_run();
    value_ = {};
    is_late_ = false;
    is_closed_ = false;
    next_ = Next::begin;
    core_->resumes = nullptr;
    core_->waits = false;
}

void NativeBody::deliver() {
    Act& done = act();
    done.is_late = is_late_;
    done.is_closed = is_closed_;
    done.chosen = chosen_;
    core_->number = value_.bits();
    core_->chosen = chosen_;
    done.value = to_message(std::move(value_));
    if (run_ && !is_late_ && !is_closed_) done.block->keep_result(run_->code);
    drop_run();
    value_ = {};
    copied_ = false;
    next_ = Next::component;
    core_->resumes = core_->component;
}

bool NativeBody::notices_closing() const {
    return act().notices_closing;
}

void NativeBody::notice_closing() {
    drop_run();
    is_closed_ = true;
    next_ = Next::deliver;
}

bool NativeBody::is_time_over() const {
    const Act& waiting = act();
    return (waiting.until_ms != never && core_->outside.now_ms() >= waiting.until_ms) ||
           (waiting.is_unwanted && waiting.is_unwanted->load());
}

bool NativeBody::awaits_outside() const {
    if (core_->does != Doing::act) return false;
    return core_->act->until_ms != never || core_->act->is_unwanted;
}

std::span<const PortHandle> NativeBody::ports_to_choose() const {
    if (next_ == Next::chosen_get) return {act().ports, act().count};
    const bool is_here = next_ == Next::component;
    if (is_here && !core_->code) return {act().ports, act().count};
    if (!is_here && (next_ != Next::block || !run_)) return {};
    const Ask& ask = is_here ? core_->behaviour->ask : run_->behaviour.ask;
    if (ask.kind != Ask::Kind::fork || !ask.ports) return {};
    return {ask.ports, ask.count};
}

std::vector<runtime::TraceLine> NativeBody::trace() const {
    return {{"native", core_->name, {}}};
}

// ---- Running -----------------------------------------------------------------------------------

std::optional<Request> NativeBody::run(std::uint32_t& budget) {
    if (budget > 0) --budget;
    switch (next_) {
        case Next::begin:
            return begin_block();
        case Next::late:
        case Next::act:
            return first_request();
        case Next::chosen_get:
            return get_chosen();
        case Next::block:
            return run_block();
        case Next::end:
            next_ = Next::deliver;
            return Request::of(Request::Kind::sync_end);
        case Next::deliver:
            deliver();
            break;
        case Next::outside:
            if (!wait_outside()) return std::nullopt;
            break;
        case Next::component:
            break;
    }
    Core& core = *core_;
    if (!core.coroutine) {
        try {
            core.coroutine = core.start->begin(core);
        } catch (...) {
            return Request::failed(text_of(std::current_exception()));
        }
        core.component = core.coroutine;
        core.resumes = core.coroutine;
    }
    core.behaviour->ask.kind = Ask::Kind::nothing;
    core.resumes.resume();
    // Others may have had their turns meanwhile.
    if (core.runtime.running() != core.index) return Request::of(Request::Kind::exchanged);
    return has_run();
}

// Nothing: it is too early.
std::optional<Request> NativeBody::wait_outside() {
    if (act().kind == Act::Kind::sleep && !is_time_over()) {
        core_->outside.wake_at(act().until_ms, core_->index);
        return std::nullopt;
    }
    next_ = Next::component;
    core_->resumes = core_->component;
    return Request::of(Request::Kind::exchanged);
}

std::optional<Request> NativeBody::has_run() {
    const Core& core = *core_;
    if (core.failure) return Request::failed(text_of(core.failure));
    if (core.coroutine.done()) return Request::ended({});
    if (core.code) return ask_in_place();
    const bool is_entered =
        core.does == Doing::act ? core.act->is_entered : core.does != Doing::block && core.waits;
    if (is_entered) return Request::of(Request::Kind::exchanged);
    begin_act();
    if (act().kind != Act::Kind::outside && act().kind != Act::Kind::sleep) return enter_block();
    next_ = Next::outside;
    if (act().kind == Act::Kind::outside) return std::nullopt;
    return wait_outside();
}

// What the block that is run in place needs.
Request NativeBody::ask_in_place() {
    Core& core = *core_;
    Ask& ask = core.behaviour->ask;
    if (core.waits) return Request::of(Request::Kind::exchanged);
    core.resumes = core.code.done() ? core.component : core.behaviour->asker;
    Request asked = [&] {
        if (!core.code.done()) return request_of(ask);
        if (const auto failure = act().block->failure(core.code)) {
            return Request::failed(text_of(failure));
        }
        return Request::of(Request::Kind::sync_end);
    }();
    asked.begins = true;  // if nothing has happened in it before
    // It is not to be taken for what the code awaits next; but a fork may yet be asked about.
    if (ask.kind != Ask::Kind::fork) ask.kind = Ask::Kind::nothing;
    return asked;
}

// The block is entered with its first request. What is a single get or put needs no other.
Request NativeBody::enter_block() {
    Request first = begin_block();
    first.begins = true;
    using Kind = Request::Kind;
    if (next_ == Next::end && (first.kind == Kind::get || first.kind == Kind::put)) {
        first.closes = true;
        next_ = Next::deliver;
    }
    return first;
}

Request NativeBody::begin_block() {
    next_ = Next::act;
    if (is_time_over()) {
        next_ = Next::late;
        return Request::fork(2);
    }
    if (act().until_ms != never) core_->outside.wake_at(act().until_ms, core_->index);
    return first_request();
}

Request NativeBody::first_request() {
    const Act& wanted = act();
    next_ = Next::end;
    switch (wanted.kind) {
        case Act::Kind::get:
            return with_port(wanted.port, false, get_of);
        case Act::Kind::put: {
            Request put = with_port(wanted.port, true, put_of);
            if (put.kind == Request::Kind::put) put.value = to_value(wanted.value);
            return put;
        }
        case Act::Kind::get_any:
            next_ = Next::chosen_get;
            return Request::fork(wanted.count);
        default:
            next_ = Next::block;
            return run_block();
    }
}

// It ends the block, which behaviours that are copied say by themselves.
Request NativeBody::get_chosen() {
    Request get = with_port(act().ports[chosen_], false, get_of);
    get.closes = !copied_ && get.kind == Request::Kind::get;
    next_ = get.closes ? Next::deliver : Next::end;
    return get;
}

// A port may be used after its channel is gone, or be none at all.
Request NativeBody::with_port(PortHandle port, bool is_out,
                              Request (*make)(PortHandle, program::TypeId)) {
    const auto type = core_->runtime.type_of(port);
    if (!type || runtime::is_out(port) != is_out) {
        return Request::failed("attempted to use a port that does not exist");
    }
    return make(port, *type);
}

Request NativeBody::run_block() {
    if (!run_) {
        replayed_ = 0;
        run_.emplace(*core_);
        const Trying trying(core_->engine);
        try {
            run_->code = act().block->start(run_->round);
        } catch (...) {
            return Request::failed(text_of(std::current_exception()));
        }
        run_->behaviour.asker = run_->code;
        run_->behaviour.is_only = !copied_;
    }
    Behaviour& behaviour = run_->behaviour;
    for (;;) {
        behaviour.ask.kind = Ask::Kind::nothing;
        {
            const Trying trying(core_->engine);
            behaviour.asker.resume();
        }
        if (run_->code.done()) {
            if (const auto failure = act().block->failure(run_->code)) {
                return Request::failed(text_of(failure));
            }
            if (replayed_ < exchanges_.size()) return does_something_else();
            next_ = Next::deliver;
            return Request::of(Request::Kind::sync_end);
        }
        Ask& ask = behaviour.ask;
        if (ask.kind == Ask::Kind::nothing) return request_of(ask);
        if (replayed_ == exchanges_.size()) {
            if (copied_) exchanges_.emplace_back(ask);
            if (copied_) ++replayed_;
            return request_of(ask);
        }
        const Exchange& earlier = exchanges_[replayed_++];
        if (!earlier.is_of(ask)) return does_something_else();
        if (ask.kind == Ask::Kind::get) behaviour.answer = to_message(earlier.value);
        behaviour.number = earlier.number;
    }
}

Request NativeBody::request_of(Ask& ask) {
    switch (ask.kind) {
        case Ask::Kind::nothing:
            return Request::failed("a sync block awaits something that is not of its round");
        case Ask::Kind::get:
            return with_port(ask.port, false, get_of);
        case Ask::Kind::put: {
            Request put = with_port(ask.port, true, put_of);
            if (put.kind == Request::Kind::put) put.value = to_value(std::move(ask.value));
            return put;
        }
        case Ask::Kind::fork:
            return Request::fork(ask.count);
        case Ask::Kind::fires:
            return Request::fires(ask.port);
        case Ask::Kind::print:
            return Request::print(std::move(ask.text));
        default:
            return Request::of(Request::Kind::discarded);
    }
}

// ---- Answers -----------------------------------------------------------------------------------

void NativeBody::got(Value message) {
    if (next_ == Next::component) {
        core_->number = message.bits();
        if (core_->code) {
            core_->behaviour->answer = to_message(std::move(message));
        } else if (core_->does == Doing::act) {
            core_->act->value = to_message(std::move(message));
        }
        return;
    }
    if (next_ != Next::block) {
        value_ = std::move(message);
        return;
    }
    if (copied_) exchanges_.back().value = message;
    if (run_) run_->behaviour.answer = to_message(std::move(message));
}

void NativeBody::got_from(std::uint32_t chosen, Value message) {
    core_->chosen = chosen;
    core_->number = message.bits();
    if (core_->does != Doing::act) return;
    core_->act->chosen = chosen;
    core_->act->value = to_message(std::move(message));
}

void NativeBody::chose(std::uint32_t index) {
    if (next_ == Next::component && !core_->code) {
        // It waited so for one of several ports, but has to ask for the message.
        go_back();
        next_ = Next::chosen_get;
    }
    if (next_ == Next::late) {
        is_late_ = index == 1;
        next_ = is_late_ ? Next::end : Next::act;
        return;
    }
    if (next_ == Next::chosen_get) {
        chosen_ = index;
        return;
    }
    if (next_ == Next::component) core_->behaviour->number = index;
    if (copied_) exchanges_.back().number = index;
    if (run_) run_->behaviour.number = index;
}

void NativeBody::fires(bool yes) {
    if (next_ == Next::component) core_->behaviour->number = yes ? 1 : 0;
    if (copied_) exchanges_.back().number = yes ? 1 : 0;
    if (run_) run_->behaviour.number = yes ? 1 : 0;
}

}  // namespace reowolf::embedding
