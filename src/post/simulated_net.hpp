// SPDX-License-Identifier: MIT
// The inside of SimulatedNetwork; for its two .cpp files only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "post/simulated.hpp"

namespace reowolf::post {

namespace simulated {

using HostPair = std::pair<std::string, std::string>;

// One run of a process on a host. After a kill there is another one, or none.
struct Process {
    std::string host;
    bool alive = true;
};

struct Packet {
    enum class Kind { data, end, finished, lost };
    Kind kind = Kind::data;
    Payload message;
    std::int64_t arrives_ms = 0;
};

// One side of a connection. Both live as long as either is needed.
struct End {
    std::shared_ptr<Process> process;
    std::weak_ptr<End> other;
    std::string other_host;
    std::string remote;  // as it was dialled
    ConnectionHandler* handler = nullptr;
    std::size_t message_bytes_max = message_bytes_from_strangers;
    enum class Phase { open, closing, ended } phase = Phase::open;
    std::optional<Error> error;
    bool reported = false;
    std::deque<Packet> inbox;  // on its way to this end, in order of arrival
    std::size_t inbox_bytes = 0;
    std::int64_t last_arrival_ms = 0;
    TimerId pump = 0;
    TimerId close_alarm = 0;
    bool broken = false;  // what is sent into the connection goes nowhere
    bool cut = false;     // what is in the inbox had come through before the cut
};

struct Listener {
    std::shared_ptr<Process> process;
    std::shared_ptr<Transport::OnAccept> on_accept;
};

}  // namespace simulated

// The network itself, shared by everything that was made on it.
class SimulatedNetwork::Net : public std::enable_shared_from_this<Net> {
  public:
    using HostPair = simulated::HostPair;
    using Process = simulated::Process;
    using Packet = simulated::Packet;
    using End = simulated::End;
    using Listener = simulated::Listener;

    Net(SimulatedLoop& loop, std::uint64_t seed, DelayRange delays, const Limits& limits)
        : loop_(loop), random_(seed), delays_(delays), limits_(limits) {}

    SimulatedLoop& loop() { return loop_; }

    std::shared_ptr<Process> process(const std::string& host);
    std::expected<Address, Error> listen(const std::shared_ptr<Process>& process, Address local,
                                         Transport::OnAccept on_accept);
    void stop_listening(const std::shared_ptr<Process>& process, const Address& local);

    // `done` is emptied when the attempt is over or abandoned.
    void dial(const std::shared_ptr<Process>& process, const Address& remote,
              const std::shared_ptr<Transport::OnDialled>& done);
    void set_handler(const std::shared_ptr<End>& end, ConnectionHandler* handler);
    void send(const std::shared_ptr<End>& end, Payload message);
    void close(const std::shared_ptr<End>& end);
    void abort(const std::shared_ptr<End>& end);
    void abandon(const std::shared_ptr<End>& end);
    static std::size_t queued_bytes(const End& end);
    void cut(const std::string& a, const std::string& b);
    void isolate(const std::string& host);
    void kill(const std::string& host);
    void silence(const std::string& host);
    void heal(const std::string& a, const std::string& b);
    void heal(const std::string& host);
    void heal();
    void shut_down();

    std::map<HostPair, Traffic> traffic;

  private:
    std::int64_t delay();
    bool is_cut(const std::string& a, const std::string& b) const;
    bool is_silent(const std::string& a, const std::string& b) const;
    bool is_silent(const End& end) const { return is_silent(end.process->host, end.other_host); }

    static std::optional<Error> check(const std::shared_ptr<Process>& process,
                                      const Address& address);
    std::uint16_t free_port(const std::string& name) const;

    // A dial has reached the other host.
    void arrive(const std::shared_ptr<Process>& process, const Address& remote,
                const std::shared_ptr<Transport::OnDialled>& done, std::int64_t started_ms);
    void fail_dial(std::int64_t in_ms, const std::shared_ptr<Process>& process,
                   const std::shared_ptr<Transport::OnDialled>& done, Error error);
    std::unique_ptr<Connection> connection(std::shared_ptr<End> end);
    void remember(const std::shared_ptr<End>& end);

    // In the order of their making, so that the same seed draws the same lots.
    std::vector<std::shared_ptr<End>> ends() const;

    // To the other end, behind everything that is on its way there.
    void transmit(const std::shared_ptr<End>& from, Packet packet);
    void deliver_in(const std::shared_ptr<End>& to, Packet packet, std::int64_t delay_ms);

    // The connection is broken: of what is under way to `to` some part still arrives, and then
    // the news.
    void break_stream(const std::shared_ptr<End>& to, std::int64_t delay_ms);
    static void drop_inbox(End& end, std::size_t kept);
    void break_cut_connections();
    void schedule_pump(const std::shared_ptr<End>& end);

    // Delivers one packet.
    void pump(const std::shared_ptr<End>& end);
    void receive(const std::shared_ptr<End>& end, const Packet& packet);
    void post_drained(const std::weak_ptr<End>& of);
    void finish(const std::shared_ptr<End>& end, Failure failure, std::string text);
    void post_report(const std::shared_ptr<End>& end);
    void time_out(const std::string& host);
    void resume();

    SimulatedLoop& loop_;
    Random random_;
    DelayRange delays_;
    Limits limits_;
    std::map<std::string, std::shared_ptr<Process>> processes_;
    std::map<std::pair<std::string, std::uint16_t>, Listener> listeners_;
    std::vector<std::weak_ptr<End>> ends_;
    std::size_t ends_alive_ = 16;
    std::set<HostPair> cuts_;
    std::set<std::string> isolated_;
    std::set<std::string> silenced_;
    std::map<std::string, std::uint64_t> silence_of_;
    std::uint64_t silences_ = 0;
};

}  // namespace reowolf::post
