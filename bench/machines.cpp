// SPDX-License-Identifier: MIT
// What rounds cost between processes of this host, and messages on a carrier. Prints a line for
// each, "WORKLOAD NANOSECONDS", the median of several repetitions; bench/compare puts those of
// others beside them.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <reowolf/connector.h>
#include <reowolf/post.hpp>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t rounds_warm_up = 200;

struct Options {
    std::string only = ".";
    double seconds = 0.2;
    int repetitions = 3;
};

[[noreturn]] void give_up(const char* what) {
    fmt::print(stderr, "{}\n", what);
    std::_Exit(1);
}

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

// A port that nobody uses now.
std::uint16_t free_port() {
    const int probe = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(probe, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        give_up("no port");
    }
    close(probe);
    return ntohs(address.sin_port);
}

void stay_on_one_core() {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof one, &one);
}

// In a process of its own, so that it leaves nothing behind. What `work` returns, if it does.
template <class Work>
double apart(Work work) {
    int ends[2];
    if (pipe(ends) != 0) give_up("no pipe");
    const pid_t child = fork();
    if (child == 0) {
        const double result = work();
        if (write(ends[1], &result, sizeof result) != sizeof result) std::_Exit(1);
        std::_Exit(0);
    }
    close(ends[1]);
    double result = 0;
    if (read(ends[0], &result, sizeof result) != sizeof result) give_up("a program failed");
    close(ends[0]);
    waitpid(child, nullptr, 0);
    return result;
}

// ---- Rounds ------------------------------------------------------------------------------------

// Every peer gives something to all others, and gets what they give; each has a component that
// passes it on.
std::string description(std::size_t self, const std::vector<std::uint16_t>& ports,
                        const std::string& scheme, const char* type) {
    std::string text = fmt::format("self p{};\nconnector all_to_all {{\n", self);
    const std::size_t peers = ports.size();
    for (std::size_t i = 0; i < peers; ++i) {
        text += fmt::format("    peer p{} = \"{}://127.0.0.1:{}\" {{ in<{}> give;", i, scheme,
                            ports[i], type);
        for (std::size_t j = 0; j < peers; ++j) {
            if (j != i) text += fmt::format(" out<{}> take{};", type, j);
        }
        text += " }\n";
    }
    std::string parameters;
    std::string puts;
    for (std::size_t j = 1; j < peers; ++j) {
        parameters += fmt::format(", out<{}> b{}", type, j);
        puts += fmt::format(" put(b{}, value);", j);
    }
    for (std::size_t i = 0; i < peers; ++i) {
        std::string arguments = fmt::format("p{}.give", i);
        for (std::size_t j = 0; j < peers; ++j) {
            if (j != i) arguments += fmt::format(", p{}.take{}", j, i);
        }
        text += fmt::format("    new pass({}) at p{};\n", arguments, i);
    }
    return text +
           fmt::format(
               "}}\nprimitive pass(in<{}> a{}) {{ while (true) sync {{ auto value = get(a);{} }} "
               "}}\n",
               type, parameters, puts);
}

class Peer {
  public:
    Peer(std::size_t self, const std::vector<std::uint16_t>& ports, const std::string& scheme,
         std::size_t bytes)
        : connector_(rw_connector(RW_REALTIME)), given_(bytes) {
        for (std::size_t i = 0; i < ports.size(); ++i) {
            if (i == self) continue;
            takes_.push_back(fmt::format("take{}", i));
            taken_.emplace_back(bytes);
        }
        const char* const type = bytes == sizeof(std::uint64_t) ? "u64" : "u8[]";
        const std::string text = description(self, ports, scheme, type);
        if (rw_configure(connector_, text.c_str()) != 0) give_up(rw_error(connector_));
    }
    ~Peer() { rw_close(connector_, nullptr); }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    void connect() {
        if (rw_connect(connector_) != 0) give_up(rw_error(connector_));
    }
    // The first byte is what the lowest of the others gave.
    unsigned char exchange(unsigned char first) {
        given_.front() = first;
        bool is_right = rw_put(connector_, "give", given_.data(), given_.size()) == 0;
        for (std::size_t i = 0; i < takes_.size(); ++i) {
            is_right &=
                rw_get(connector_, takes_[i].c_str(), taken_[i].data(), taken_[i].size()) == 0;
        }
        if (!is_right || rw_sync(connector_) != 0) give_up(rw_error(connector_));
        return taken_.front().front();
    }

  private:
    int connector_;
    std::vector<std::string> takes_;
    std::vector<unsigned char> given_;
    std::vector<std::vector<unsigned char>> taken_;
};

constexpr unsigned char goes_on = 1;
constexpr unsigned char is_last = 2;

double round_ns(std::size_t peers, std::size_t bytes, const std::string& scheme, bool on_one_core,
                double seconds) {
    if (on_one_core) stay_on_one_core();
    std::vector<std::uint16_t> ports;
    for (std::size_t i = 0; i < peers; ++i) ports.push_back(free_port());
    for (std::size_t i = 1; i < peers; ++i) {
        if (fork() != 0) continue;
        {
            Peer peer(i, ports, scheme, bytes);
            peer.connect();
            // All get what the first gives, so all see the end in the same round.
            while (peer.exchange(goes_on) != is_last) {
            }
        }
        std::_Exit(0);
    }
    double passed = 0;
    std::uint64_t count = 0;
    {
        Peer peer(0, ports, scheme, bytes);
        peer.connect();
        const auto warm = Clock::now();
        for (std::uint64_t i = 0; i < rounds_warm_up && seconds_since(warm) < seconds; ++i) {
            peer.exchange(goes_on);
        }
        const auto begin = Clock::now();
        while (passed < seconds) {
            peer.exchange(goes_on);
            ++count;
            passed = seconds_since(begin);
        }
        peer.exchange(is_last);
    }
    while (wait(nullptr) > 0) {
    }
    return passed / static_cast<double>(count) * 1e9;
}

// From the call until it returns, when the other peer has been waiting.
double connect_ns() {
    const std::vector<std::uint16_t> ports = {free_port(), free_port()};
    if (fork() == 0) {
        {
            Peer peer(0, ports, "tcp", sizeof(std::uint64_t));
            peer.connect();
            peer.exchange(goes_on);
        }
        std::_Exit(0);
    }
    usleep(50'000);
    double passed = 0;
    {
        Peer peer(1, ports, "tcp", sizeof(std::uint64_t));
        const auto begin = Clock::now();
        peer.connect();
        passed = seconds_since(begin);
        peer.exchange(goes_on);
    }
    wait(nullptr);
    return passed * 1e9;
}

// ---- Messages ----------------------------------------------------------------------------------

namespace post = reowolf::post;

constexpr std::uint64_t messages_each = 100'000;

post::Task count(post::Carrier carrier, std::promise<void>& done) {
    std::uint64_t received = 0;
    while (auto message = co_await carrier.receive()) {
        if (++received % messages_each != 0) continue;
        carrier.send("all");
    }
    done.set_value();
}

post::Task send_all(const post::Configuration& there, double seconds, std::promise<double>& done) {
    auto carrier = co_await there.initiate();
    if (!carrier) give_up(carrier.error().text.c_str());
    const std::string text(8, 'x');
    std::uint64_t sent = 0;
    const auto begin = Clock::now();
    while (seconds_since(begin) < seconds) {
        for (std::uint64_t i = 0; i < messages_each; ++i) {
            while (!carrier->send(text)) co_await carrier->when_writable();
        }
        if (!co_await carrier->receive()) give_up("the receiver has gone");
        sent += messages_each;
    }
    const double each = seconds_since(begin) / static_cast<double>(sent) * 1e9;
    carrier->close();
    done.set_value(each);
}

double message_ns(const std::string& scheme, double seconds) {
    const std::string address = fmt::format("{}://127.0.0.1:{}", scheme, free_port());
    if (fork() == 0) {
        post::Office office;
        post::Configuration here(office);
        here.local = address;
        std::promise<void> done;
        auto listener =
            here.listen([&](post::Carrier carrier) { count(std::move(carrier), done); });
        if (!listener) give_up(listener.error().text.c_str());
        done.get_future().wait();
        std::_Exit(0);
    }
    usleep(50'000);
    double each = 0;
    {
        post::Office office;
        post::Configuration there(office);
        there.remote = address;
        std::promise<double> done;
        send_all(there, seconds, done);
        each = done.get_future().get();
    }
    wait(nullptr);
    return each;
}

void run(const Options& options) {
    const std::regex only(options.only);
    const auto measure = [&](const std::string& name, auto work) {
        if (!std::regex_search(name, only)) return;
        std::vector<double> times;
        for (int i = 0; i < options.repetitions; ++i) times.push_back(apart(work));
        fmt::print("{} {:.0f}\n", name, median(times));
        std::fflush(stdout);
    };
    for (const std::string scheme : {"tcp", "shm"}) {
        for (const std::size_t peers : {2u, 3u}) {
            for (const std::size_t bytes : {8u, 4'096u, 1u << 20}) {
                if (peers > 2 && bytes > 4'096) continue;
                for (const bool on_one_core : {false, true}) {
                    measure(fmt::format("exchange{}-{}-{}{}", peers, bytes, scheme,
                                        on_one_core ? "-1core" : ""),
                            [=] {
                                return round_ns(peers, bytes, scheme, on_one_core, options.seconds);
                            });
                }
            }
        }
        measure("message-8-" + scheme, [=] { return message_ns(scheme, options.seconds); });
    }
    measure("connect", [] { return connect_ns(); });
}

}  // namespace

int main(int count, char** arguments) {
    Options options;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view name = arguments[i];
        if (name == "--only") options.only = arguments[i + 1];
        if (name == "--seconds") options.seconds = std::atof(arguments[i + 1]);
        if (name == "--repetitions") options.repetitions = std::atoi(arguments[i + 1]);
    }
    run(options);
}
