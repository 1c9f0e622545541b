// SPDX-License-Identifier: MIT
#include "post/race.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace reowolf::post {

using asio::ip::tcp;

namespace {

// RFC 8305, 5: before the next one is tried beside those that have not answered.
constexpr std::int64_t attempt_delay_ms = 250;
// Where all have been begun and one has said that nobody listens, the others are not waited for
// much longer: who dialled will rather come again.
constexpr std::int64_t patience_beside_refusal_ms = 3'000;

}  // namespace

std::vector<Place> alternating(const std::vector<Place>& places) {
    if (places.empty()) return {};
    const auto first_family = places.front().endpoint.protocol();
    std::vector<Place> first;
    std::vector<Place> other;
    for (const Place& each : places) {
        (each.endpoint.protocol() == first_family ? first : other).push_back(each);
    }
    std::vector<Place> result;
    for (std::size_t i = 0; i < std::max(first.size(), other.size()); ++i) {
        if (i < first.size()) result.push_back(first[i]);
        if (i < other.size()) result.push_back(other[i]);
    }
    return result;
}

struct Race::Attempt {
    Attempt(asio::io_context& context, Place to) : place(std::move(to)), socket(context) {}

    Place place;
    tcp::socket socket;
    std::shared_ptr<TcpStream> stream;  // while it introduces itself
    std::optional<Error> failure;
};

Race::Race(RealLoop& loop, const Limits& limits, std::string name, std::vector<Place> places,
           std::int64_t patience_ms, Done done)
    : loop_(loop),
      limits_(limits),
      name_(std::move(name)),
      places_(std::move(places)),
      done_(std::move(done)),
      deadline_ms_(loop.now_ms() + patience_ms) {
    next_ = loop_.after(0, [this] { begin_next(); });
    end_ = loop_.after(patience_ms, [this] { lose(); });
}

Race::~Race() {
    stop();
}

void Race::begin_next() {
    loop_.cancel(std::exchange(next_, 0));
    if (attempts_.size() == places_.size()) {
        if (under_way_ == 0) lose();
        return;
    }
    const auto attempt = std::make_shared<Attempt>(loop_.context(), places_[attempts_.size()]);
    attempts_.push_back(attempt);
    ++under_way_;
    if (attempts_.size() < places_.size()) {
        next_ = loop_.after(attempt_delay_ms, [this] { begin_next(); });
    }
    connect(attempt);
}

void Race::connect(const std::shared_ptr<Attempt>& attempt) {
    asio::error_code error;
    attempt->socket.open(attempt->place.endpoint.protocol(), error);
    if (error) return fail(attempt, error_at(error));
    // The race is there as long as its attempts are.
    attempt->socket.async_connect(
        attempt->place.endpoint,
        [this, weak = std::weak_ptr(attempt)](const asio::error_code& connect_error) {
            const auto known = weak.lock();
            if (!known) return;
            if (connect_error) return fail(known, error_at(connect_error));
            introduce(known);
        });
}

void Race::introduce(const std::shared_ptr<Attempt>& attempt) {
    asio::error_code ignored;
    // A socket can be connected to itself when its own port is the one it dials.
    if (attempt->socket.local_endpoint(ignored) == attempt->socket.remote_endpoint(ignored)) {
        attempt->socket.close(ignored);
        return fail(attempt, error_at(asio::error::connection_refused));
    }
    attempt->stream = std::make_shared<TcpStream>(loop_, limits_, std::move(attempt->socket),
                                                  TcpStream::Side::dialler, attempt->place.memory);
    attempt->stream->introduce(
        std::max<std::int64_t>(deadline_ms_ - loop_.now_ms(), 1),
        [this, weak = std::weak_ptr(attempt)](const std::optional<Error>& refusal) {
            const auto known = weak.lock();
            if (!known) return;
            if (!refusal) return win(known);
            known->stream = nullptr;
            fail(known, *refusal);
        });
}

Error Race::error_at(const asio::error_code& error) const {
    return {.failure = failure_of(error), .text = fmt::format("{}: {}", name_, error.message())};
}

void Race::fail(const std::shared_ptr<Attempt>& attempt, Error error) {
    attempt->failure = std::move(error);
    --under_way_;
    const bool is_last = attempts_.size() == places_.size();
    const bool was_refused = std::ranges::any_of(attempts_, [](const auto& each) {
        return each->failure && each->failure->failure == Failure::refused;
    });
    if (is_last && under_way_ > 0 && was_refused) {
        loop_.cancel(end_);
        const std::int64_t left_ms = deadline_ms_ - loop_.now_ms();
        end_ = loop_.after(std::clamp<std::int64_t>(left_ms, 0, patience_beside_refusal_ms),
                           [this] { lose(); });
    }
    if (!is_last || under_way_ == 0) {
        loop_.cancel(std::exchange(next_, 0));
        next_ = loop_.after(0, [this] { begin_next(); });
    }
}

void Race::win(const std::shared_ptr<Attempt>& attempt) {
    const auto number =
        static_cast<std::size_t>(std::ranges::find(attempts_, attempt) - attempts_.begin() + 1);
    std::string why = fmt::format("{}, address {} of {}", to_string(attempt->place.endpoint),
                                  number, places_.size());
    for (const auto& each : attempts_) {
        if (each == attempt) continue;
        why += fmt::format("; {}: {}", to_string(each->place.endpoint),
                           each->failure ? to_string(each->failure->failure) : "slower");
    }
    finish(Won{std::exchange(attempt->stream, nullptr), std::move(why)});
}

// What was refused or wrong tells more than that an address was silent.
void Race::lose() {
    Error error{.failure = Failure::unknown_host, .text = "the name has no address"};
    if (!attempts_.empty()) {
        error = {.failure = Failure::timed_out, .text = fmt::format("{}: no answer", name_)};
    }
    for (const auto& each : attempts_) {
        if (each->failure) error = *each->failure;
    }
    finish(std::unexpected(std::move(error)));
}

void Race::finish(std::expected<Won, Error> result) {
    const Done done = std::exchange(done_, nullptr);
    stop();
    done(std::move(result));
}

void Race::stop() {
    for (TimerId* timer : {&next_, &end_}) loop_.cancel(std::exchange(*timer, 0));
    for (const auto& each : std::exchange(attempts_, {})) {
        asio::error_code ignored;
        each->socket.close(ignored);
        if (each->stream) each->stream->abandon();
    }
}

}  // namespace reowolf::post
