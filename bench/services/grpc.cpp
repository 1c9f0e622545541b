// SPDX-License-Identifier: MIT
// The same with gRPC between processes: each service is a server in a process of its own, over a
// Unix socket. The sequence is unary calls; in the pipeline items flow through bidirectional
// streams, and a thread of the client's hands what one has done to the next one. In the super
// pipeline there are two servers for B, to which items are dealt out in turn.
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "item.grpc.pb.h"
#include "models.hpp"

namespace {

using bench::Item;
constexpr std::uint64_t window = 256;

class Server final : public bench::Toy::Service {
  public:
    explicit Server(std::uint64_t fmi) : fmi_(fmi) {}

  private:
    grpc::Status Multiply(grpc::ServerContext*, const Item* in, Item* out) override {
        out->set_x(models::multiply(in->x(), fmi_));
        return grpc::Status::OK;
    }
    grpc::Status Pass(grpc::ServerContext*, grpc::ServerReaderWriter<Item, Item>* stream) override {
        Item item;
        while (stream->Read(&item)) {
            item.set_x(models::multiply(item.x(), fmi_));
            stream->Write(item);
        }
        return grpc::Status::OK;
    }
    const std::uint64_t fmi_;
};

// Before this process has any thread of gRPC's.
pid_t begin_server(const std::string& address, std::uint64_t fmi) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    Server service(fmi);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials());
    builder.RegisterService(&service);
    builder.BuildAndStart()->Wait();
    std::_Exit(0);
}

using Stream = grpc::ClientReaderWriter<Item, Item>;

void pipeline(const std::vector<std::vector<bench::Toy::Stub*>>& stages, std::uint64_t items) {
    struct Open {
        grpc::ClientContext context;
        std::unique_ptr<Stream> stream;
    };
    std::vector<std::vector<std::unique_ptr<Open>>> open;
    for (const auto& stage : stages) {
        auto& streams = open.emplace_back();
        for (auto* stub : stage) {
            auto& each = streams.emplace_back(std::make_unique<Open>());
            each->stream = stub->Pass(&each->context);
        }
    }
    std::counting_semaphore<> room(window);
    std::vector<std::thread> threads;
    threads.emplace_back([&] {
        Item item;
        item.set_x(1.0);
        for (std::uint64_t i = 0; i < items; ++i) {
            room.acquire();
            open[0][0]->stream->Write(item);
        }
        open[0][0]->stream->WritesDone();
    });
    for (std::size_t at = 0; at + 1 < open.size(); ++at) {
        threads.emplace_back([&, at] {
            Item item;
            const auto& from = open[at];
            const auto& to = open[at + 1];
            for (std::uint64_t i = 0; i < items; ++i) {
                if (!from[i % from.size()]->stream->Read(&item)) std::abort();
                to[i % to.size()]->stream->Write(item);
            }
            for (const auto& each : to) each->stream->WritesDone();
        });
    }
    Item item;
    for (std::uint64_t i = 0; i < items; ++i) {
        if (!open.back()[0]->stream->Read(&item)) std::abort();
        room.release();
    }
    for (auto& each : threads) each.join();
    for (auto& stage : open) {
        for (auto& each : stage) {
            while (each->stream->Read(&item)) {
            }
            if (!each->stream->Finish().ok()) std::abort();
        }
    }
}

// In a process of its own, as gRPC and fork() do not go together.
int measure_in(std::uint64_t fmi, const models::Options& options, const std::string& folder) {
    const std::array<std::uint64_t, 4> costs = {fmi, 2 * fmi, 2 * fmi, fmi};
    std::vector<pid_t> servers;
    std::vector<std::string> addresses;
    for (std::size_t i = 0; i < costs.size(); ++i) {
        addresses.push_back("unix:" + folder + "/" + std::to_string(fmi) + "-" + std::to_string(i));
        servers.push_back(begin_server(addresses.back(), costs[i]));
    }
    {
        std::vector<std::unique_ptr<bench::Toy::Stub>> stubs;
        for (const auto& address : addresses) {
            auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
            if (!channel->WaitForConnected(std::chrono::system_clock::now() +
                                           std::chrono::seconds(20))) {
                return 1;
            }
            stubs.push_back(bench::Toy::NewStub(channel));
        }
        const auto call = [](bench::Toy::Stub& stub, double x) {
            grpc::ClientContext context;
            Item in, out;
            in.set_x(x);
            if (!stub.Multiply(&context, in, &out).ok()) std::abort();
            return out.x();
        };
        bench::Toy::Stub &a = *stubs[0], &b = *stubs[1], &b2 = *stubs[2], &c = *stubs[3];
        models::measure("sequence", fmi, options, [&](std::uint64_t items) {
            for (std::uint64_t i = 0; i < items; ++i) call(c, call(b, call(a, 1.0)));
        });
        models::measure("pipeline", fmi, options,
                        [&](std::uint64_t items) { pipeline({{&a}, {&b}, {&c}}, items); });
        models::measure("super_pipeline", fmi, options,
                        [&](std::uint64_t items) { pipeline({{&a}, {&b, &b2}, {&c}}, items); });
    }
    for (const pid_t each : servers) {
        ::kill(each, SIGKILL);
        ::waitpid(each, nullptr, 0);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const models::Options options = models::options(argc, argv);
    std::string folder = (std::filesystem::temp_directory_path() / "toysXXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return 1;
    int status = 0;
    for (const std::uint64_t fmi : options.multiplies) {
        const pid_t child = ::fork();
        if (child == 0) std::_Exit(measure_in(fmi, options, folder));
        int ended = 0;
        ::waitpid(child, &ended, 0);
        if (ended != 0) status = 1;
    }
    std::filesystem::remove_all(folder);
    return status;
}
