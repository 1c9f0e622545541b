// SPDX-License-Identifier: MIT
#include <utility>

#include "post/simulated_net.hpp"

namespace reowolf::post {

using simulated::End;
using simulated::Process;

// What the outside holds: handles on the network and on one thing in it.

class SimulatedNetwork::SimulatedConnection final : public Connection {
  public:
    SimulatedConnection(std::shared_ptr<Net> net, std::shared_ptr<End> end)
        : net_(std::move(net)), end_(std::move(end)) {}
    ~SimulatedConnection() override { net_->abandon(end_); }
    SimulatedConnection(const SimulatedConnection&) = delete;
    SimulatedConnection& operator=(const SimulatedConnection&) = delete;

    void set_handler(ConnectionHandler* handler) override { net_->set_handler(end_, handler); }
    void send(Payload message) override { net_->send(end_, std::move(message)); }
    void close() override { net_->close(end_); }
    void abort() override { net_->abort(end_); }
    void limit_message_bytes(std::size_t bytes_max) override {
        end_->message_bytes_max = bytes_max;
    }
    std::size_t queued_bytes() const override { return Net::queued_bytes(*end_); }
    std::string remote() const override { return end_->remote; }

  private:
    std::shared_ptr<Net> net_;
    std::shared_ptr<End> end_;
};

std::unique_ptr<Connection> SimulatedNetwork::Net::connection(std::shared_ptr<End> end) {
    return std::make_unique<SimulatedConnection>(shared_from_this(), std::move(end));
}

class SimulatedNetwork::SimulatedAcceptor final : public Acceptor {
  public:
    SimulatedAcceptor(std::shared_ptr<Net> net, std::shared_ptr<Process> process, Address local)
        : net_(std::move(net)), process_(std::move(process)), local_(std::move(local)) {}
    ~SimulatedAcceptor() override { net_->stop_listening(process_, local_); }
    SimulatedAcceptor(const SimulatedAcceptor&) = delete;
    SimulatedAcceptor& operator=(const SimulatedAcceptor&) = delete;
    Address local() const override { return local_; }

  private:
    std::shared_ptr<Net> net_;
    std::shared_ptr<Process> process_;
    Address local_;
};

class SimulatedNetwork::SimulatedDial final : public Dial {
  public:
    explicit SimulatedDial(std::shared_ptr<Transport::OnDialled> done) : done_(std::move(done)) {}
    ~SimulatedDial() override { *done_ = nullptr; }
    SimulatedDial(const SimulatedDial&) = delete;
    SimulatedDial& operator=(const SimulatedDial&) = delete;

  private:
    std::shared_ptr<Transport::OnDialled> done_;
};

class SimulatedNetwork::SimulatedTransport final : public Transport {
  public:
    SimulatedTransport(std::shared_ptr<Net> net, std::shared_ptr<Process> process)
        : net_(std::move(net)), process_(std::move(process)) {}

    std::expected<std::unique_ptr<Acceptor>, Error> listen(const Address& local,
                                                           OnAccept on_accept) override {
        auto real = net_->listen(process_, local, std::move(on_accept));
        if (!real) return std::unexpected(std::move(real.error()));
        return std::make_unique<SimulatedAcceptor>(net_, process_, *std::move(real));
    }

    std::unique_ptr<Dial> dial(const Address& remote, OnDialled done) override {
        auto shared = std::make_shared<OnDialled>(std::move(done));
        net_->dial(process_, remote, shared);
        return std::make_unique<SimulatedDial>(std::move(shared));
    }

  private:
    std::shared_ptr<Net> net_;
    std::shared_ptr<Process> process_;
};

class SimulatedNetwork::ProcessLoop final : public Loop {
  public:
    ProcessLoop(SimulatedLoop& loop, std::shared_ptr<Process> process)
        : loop_(loop), process_(std::move(process)) {}

    std::int64_t now_ms() const override { return loop_.now_ms(); }
    TimerId after(std::int64_t delay_ms, std::function<void()> action) override {
        return loop_.after(delay_ms, [process = process_, action = std::move(action)] {
            if (process->alive) action();
        });
    }
    void cancel(TimerId timer) override { loop_.cancel(timer); }
    void post(std::function<void()> action) override { after(0, std::move(action)); }

  private:
    SimulatedLoop& loop_;
    std::shared_ptr<Process> process_;
};

SimulatedNetwork::SimulatedNetwork(SimulatedLoop& loop, std::uint64_t seed, DelayRange delays,
                                   const Limits& limits)
    : net_(std::make_shared<Net>(loop, seed, delays, limits)) {}

SimulatedNetwork::~SimulatedNetwork() {
    net_->shut_down();
}

std::unique_ptr<Transport> SimulatedNetwork::endpoint(const std::string& host) {
    return std::make_unique<SimulatedTransport>(net_, net_->process(host));
}

std::unique_ptr<Loop> SimulatedNetwork::loop(const std::string& host) {
    return std::make_unique<ProcessLoop>(net_->loop(), net_->process(host));
}

void SimulatedNetwork::cut(const std::string& host_a, const std::string& host_b) {
    net_->cut(host_a, host_b);
}
void SimulatedNetwork::isolate(const std::string& host) {
    net_->isolate(host);
}
void SimulatedNetwork::kill(const std::string& host) {
    net_->kill(host);
}
void SimulatedNetwork::silence(const std::string& host) {
    net_->silence(host);
}
void SimulatedNetwork::heal(const std::string& host_a, const std::string& host_b) {
    net_->heal(host_a, host_b);
}
void SimulatedNetwork::heal(const std::string& host) {
    net_->heal(host);
}
void SimulatedNetwork::heal() {
    net_->heal();
}

Traffic SimulatedNetwork::traffic(const std::string& from, const std::string& to) const {
    auto entry = net_->traffic.find({from, to});
    return entry == net_->traffic.end() ? Traffic{} : entry->second;
}

Traffic SimulatedNetwork::traffic() const {
    Traffic sum;
    for (const auto& [hosts, traffic] : net_->traffic) {
        sum.frames += traffic.frames;
        sum.bytes += traffic.bytes;
    }
    return sum;
}

void SimulatedNetwork::forget_traffic() {
    net_->traffic.clear();
}

}  // namespace reowolf::post
