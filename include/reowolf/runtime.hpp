// SPDX-License-Identifier: MIT
// PDL inside of a C++ program: compile a text, start its components and some of one's own, connect
// them with channels, and run them in this thread. Link with libreowolf-cpp (CMake: reowolf::cpp).
//
//     reowolf::Program program(R"(
//         primitive twice(in<u32> from, out<u32> to) { while (true) sync put(to, 2 * get(from)); }
//     )");
//     reowolf::Runtime runtime(program);
//     auto [give, from] = runtime.channel<std::uint32_t>();
//     auto [to, take] = runtime.channel<std::uint32_t>();
//     runtime.start("twice", from, to);
//     runtime.start(counter, give);    // Component counter(Out<std::uint32_t> to), see
//     component.hpp runtime.start(printer, take); runtime.run();
//
// Conventions.
//
// 1. A runtime belongs to one thread at a time, with everything that runs in it. Several runtimes
//    are independent. What other threads may do says so: wake(), and both ends of a bridge
//    (<reowolf/bridge.hpp>).
// 2. Mistakes of the programmer throw std::invalid_argument and change nothing. Whatever goes wrong
//    in a component is a Report.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <reowolf/component.hpp>
#include <reowolf/export.hpp>

namespace reowolf {

// Something that the compiler has to say about a text.
struct Diagnostic {
    bool is_error = false;
    std::string code;  // as "E0123"
    std::string text;
    std::string file;
    std::uint32_t line = 0;    // from 1
    std::uint32_t column = 0;  // from 1, in characters
    std::string shown;         // as the command shows it: some lines, with the place underlined
};
using Diagnostics = std::vector<Diagnostic>;

// A compiled PDL text. Never changes; copies are cheap, and may be used by several runtimes, in any
// threads.
class REOWOLF_CPP Program {
  public:
    // No text: there is nothing but native components.
    Program();
    // Throws std::invalid_argument with the diagnostics if the text does not compile.
    explicit Program(std::string_view text);

    // The text of a module `import`ed by its name ("a.b"); nothing if there is none. Those of the
    // standard library are there anyway.
    using Modules = std::function<std::optional<std::string>(const std::string& name)>;
    // `file` is what diagnostics and reports call it.
    static std::expected<Program, Diagnostics> compile(std::string_view text,
                                                       const std::string& file = "program",
                                                       const Modules& modules = {});

    // Whether there is a component of that name.
    bool has(std::string_view component) const;

  private:
    friend class Runtime;
    struct Compiled;
    explicit Program(std::shared_ptr<const Compiled> compiled);
    std::shared_ptr<const Compiled> compiled_;
};

// A component has failed, or can never go on.
struct Report {
    bool is_stuck = false;
    std::string component;
    std::string text;   // in one line
    std::string shown;  // with the place in the PDL text, if it is one, and everything known
};

// What became of a run.
enum class Outcome {
    ended,    // every component has ended
    stuck,    // some are left and can never go on; each was reported
    waiting,  // some wait for ports that the program itself holds
    stopped,  // stop() was called
};

// Both ends of a new channel.
template <class T>
struct Channel {
    Out<T> out;
    In<T> in;
};

class REOWOLF_CPP Runtime {
  public:
    struct Options {
        // Decides whatever is left to chance. Nothing: another one each time.
        std::optional<std::uint64_t> seed;
        // Where what components print goes. Empty: standard output.
        std::function<void(const std::string& line)> print;
        // Empty: standard error.
        std::function<void(const Report&)> report;
        // Time stands still while anything can run, and jumps when nothing can: for tests.
        bool virtual_time = false;
        // How many threads run components of the PDL text; one of them is the one that runs the
        // runtime, which runs everything in C++ alone. If run() is what is called first, they share
        // the parts of what was started before that no channel connects to others, to C++ or to the
        // outside, if there are as many parts as workers; and, of everything else, computing that
        // takes long. Others begin when they are needed. With 1 and a seed everything is the same
        // each time. 0: one for each processor, or 1 if there is a seed or time is virtual.
        unsigned workers = 0;
    };

    Runtime();
    explicit Runtime(Program program);
    Runtime(Program program, Options options);
    // Components that are left are destroyed where they stand.
    ~Runtime();
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    // ---- Building, at any time, also from within components outside of their sync blocks. In a
    // block it throws std::invalid_argument: that may be run several times.

    // A channel for values of the C++ type, and of the PDL types of that shape
    // (<reowolf/values.hpp>). Its ends belong to the component that makes it, or to the program,
    // until they are given to a component.
    template <class T>
    Channel<T> channel() {
        const auto [out, in] = make_channel(embedding::shape<T>());
        return {Out<T>(out), In<T>(in)};
    }

    // Starts a component of the PDL text. The arguments are values and ports, which are its own
    // from now on. Throws std::invalid_argument if there is no such component, an argument does not
    // fit its parameter, or a port is not the program's, or the running component's, to give.
    template <class... A>
    void start(std::string_view component, const A&... arguments) {
        start_program(component, {argument(arguments)...});
    }
    // Starts a native component: `code` is called with the arguments and returns a Component. Both
    // are kept as long as it lives. It owns the ports among the arguments, also those in vectors,
    // tuples and structs. Reports call it by its name.
    template <class F, class... A>
        requires std::invocable<F&, std::decay_t<A>&...>
    void start(F code, A&&... arguments) {
        start_as("native component", std::move(code), std::forward<A>(arguments)...);
    }
    template <class F, class... A>
        requires std::invocable<F&, std::decay_t<A>&...>
    void start_as(std::string name, F code, A&&... arguments);

    // Closes an end that belongs to the program, or to the running component.
    template <class T>
    void close(In<T> port) {
        close_port(port.handle());
    }
    template <class T>
    void close(Out<T> port) {
        close_port(port.handle());
    }

    // ---- Running.

    // Runs until nothing more can happen. Waits, without using the processor, for time and bridges
    // that components wait for.
    Outcome run();
    // For loops of one's own: runs what can run now; or one slice of one component, in this thread,
    // and returns false if none can go on. Neither waits.
    void run_ready();
    bool run_one();
    // When something can go on because of the time; nothing: when woken, if ever.
    std::optional<std::chrono::milliseconds> next_time() const;
    // Waits until then, or until woken. False, at once: nothing outside is awaited.
    bool wait();
    // `on_wake` is called, from any thread, when something has come from outside: run_ready()
    // then has something to do. Set before anything runs.
    void on_wake(std::function<void()> callback);
    // Lets wait() and run() go on. From any thread.
    void wake();
    // The next run(), or the present one, ends before it waits. From any thread.
    void stop();
    // Of the program as a whole, when run_ready() has come to its end: as from run(), but if it is
    // `waiting`, time or bridges may yet change that.
    Outcome outcome();

    // The program itself takes part in a round, with the ports that are its own: runs everything
    // until `block` has happened. Nothing (false, if it returns nothing): it never can; explain()
    // says why.
    template <class F>
        requires std::invocable<const F&, Round&>
    auto sync(F block) {
        return finish_sync(embedding::TimedSync<F>(std::move(block)));
    }
    // The same, if it can happen by then; if not, explain() says what was missing.
    template <class F>
        requires std::invocable<const F&, Round&>
    auto sync_within(std::chrono::milliseconds time, F block) {
        embedding::TimedSync<F> timed(std::move(block));
        timed.patience_ms = time.count();
        return finish_sync(std::move(timed));
    }

    // ---- What can be asked.

    // Whether a component has failed or is stuck.
    bool has_failed() const;
    std::size_t components() const;  // that have not ended
    std::uint64_t rounds() const;    // that have happened
    std::chrono::milliseconds now() const;
    // Who waits where, and why there is no round: some lines.
    std::string explain() const;

    // For <reowolf/bridge.hpp>.
    std::shared_ptr<embedding::Waker> waker() const;

  private:
    struct Argument {
        std::string shape;
        Bytes bytes;  // ports as their handles
    };
    template <class T>
    static Argument argument(const T& value) {
        Bytes bytes;
        if constexpr (embedding::is_shared<T>) {
            return argument(value.get());
        } else {
            return {embedding::shape<T>(), to_bytes(value)};
        }
    }
    template <class T>
    auto finish_sync(embedding::TimedSync<T> act);

    std::pair<std::uint64_t, std::uint64_t> make_channel(const std::string& shape);
    void start_program(std::string_view component, const std::vector<Argument>& arguments);
    void start_native(std::string name, std::unique_ptr<embedding::Start> code,
                      const std::vector<std::uint64_t>& ports);
    void close_port(std::uint64_t port);
    void run_sync(embedding::Act& act);

    struct REOWOLF_INNER Inside;
    std::unique_ptr<Inside> inside_;
};

namespace embedding {

template <class T>
void add_ports(const T& value, std::vector<std::uint64_t>& ports) {
    if constexpr (is_port<T>) {
        ports.push_back(value.handle());
    } else if constexpr (requires { std::tuple_size<T>::value; }) {
        std::apply([&](const auto&... each) { (add_ports(each, ports), ...); }, value);
    } else if constexpr (Struct<T>) {
        add_ports(reowolf_fields(value), ports);
    } else if constexpr (requires {
                             typename T::value_type;
                             value.begin();
                             value.end();
                         }) {
        if constexpr (!Scalar<typename T::value_type>) {
            for (const auto& each : value) add_ports(each, ports);
        }
    }
}

template <class F, class... A>
class StartOf final : public Start {
  public:
    template <class... B>
    explicit StartOf(F code, B&&... arguments)
        : code_(std::move(code)), arguments_(std::forward<B>(arguments)...) {}

    std::vector<std::uint64_t> ports() const {
        std::vector<std::uint64_t> ports;
        std::apply([&](const A&... each) { (add_ports(each, ports), ...); }, arguments_);
        return ports;
    }
    std::coroutine_handle<> begin(Task& task) override {
        const auto handle =
            std::apply([&](A&... each) { return code_(each...); }, arguments_).release();
        handle.promise().task = &task;
        return handle;
    }

  private:
    F code_;
    std::tuple<A...> arguments_;
};

}  // namespace embedding

template <class F, class... A>
    requires std::invocable<F&, std::decay_t<A>&...>
void Runtime::start_as(std::string name, F code, A&&... arguments) {
    static_assert(std::same_as<std::invoke_result_t<F&, std::decay_t<A>&...>, Component>,
                  "a native component is a coroutine that returns reowolf::Component");
    auto start = std::make_unique<embedding::StartOf<F, std::decay_t<A>...>>(
        std::move(code), std::forward<A>(arguments)...);
    const std::vector<std::uint64_t> ports = start->ports();
    start_native(std::move(name), std::move(start), ports);
}

template <class F>
auto Runtime::finish_sync(embedding::TimedSync<F> act) {
    run_sync(act.prepare());
    return act.await_resume();
}

}  // namespace reowolf
