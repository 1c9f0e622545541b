// SPDX-License-Identifier: MIT
// The native methods of org.reowolf.Native: conversion only. Results that are negative are negated
// errnos. Nothing here is kept between calls, but for who is told of progress.
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include <jni.h>

#include <reowolf/connector.h>

namespace {

// The elements of an array, copied: a round may take for ever, and must not hold the collector up.
class Elements {
  public:
    Elements(JNIEnv* env, jbyteArray array) {
        if (!array) return;
        is_there_ = true;
        bytes_.resize(static_cast<std::size_t>(env->GetArrayLength(array)) + 1);
        env->GetByteArrayRegion(array, 0, static_cast<jsize>(bytes_.size() - 1), bytes_.data());
    }
    const char* text() const {
        return is_there_ ? reinterpret_cast<const char*>(bytes_.data()) : nullptr;
    }
    const void* data() const { return is_there_ ? bytes_.data() : nullptr; }
    std::size_t size() const { return is_there_ ? bytes_.size() - 1 : 0; }

  private:
    bool is_there_ = false;
    std::vector<jbyte> bytes_;  // and a zero behind them
};

template <class Status>
Status or_errno(Status status) {
    return status < 0 ? static_cast<Status>(-errno) : status;
}

jbyteArray array_of(JNIEnv* env, const char* text, std::size_t size) {
    const auto length = static_cast<jsize>(size);
    const jbyteArray array = env->NewByteArray(length);
    if (array) env->SetByteArrayRegion(array, 0, length, reinterpret_cast<const jbyte*>(text));
    return array;
}

// Who is told of progress. Held weakly, and by the connector's object in earnest: a listener that
// refers to its connector would keep it for ever otherwise.
class Listening {
  public:
    Listening(JNIEnv* env, jclass natives, jobject listener) {
        env->GetJavaVM(&machine_);
        listener_ = env->NewWeakGlobalRef(listener);
        natives_ = static_cast<jclass>(env->NewGlobalRef(natives));
        report_ =
            env->GetStaticMethodID(natives, "report", "(Lorg/reowolf/ProgressListener;I[B[BJJ)V");
    }
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;
    ~Listening() = default;  // release() has been called

    bool is_good() const { return listener_ && natives_ && report_; }
    void release(JNIEnv* env) {
        if (listener_) env->DeleteWeakGlobalRef(listener_);
        if (natives_) env->DeleteGlobalRef(natives_);
    }

    // From any thread.
    void tell(const rw_event& event) const {
        JNIEnv* env = nullptr;
        const bool is_stranger =
            machine_->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_8) == JNI_EDETACHED;
        if (is_stranger) {
            void** const attached = reinterpret_cast<void**>(&env);
            if (machine_->AttachCurrentThreadAsDaemon(attached, nullptr) != JNI_OK) return;
        }
        // A thread that waits in a call does not give its references back before it returns.
        if (env->PushLocalFrame(references_max) == 0) {
            report(env, event);
            env->PopLocalFrame(nullptr);
        }
        if (env->ExceptionCheck()) env->ExceptionClear();  // out of memory
        if (is_stranger) machine_->DetachCurrentThread();
    }

  private:
    static constexpr jint references_max = 8;

    void report(JNIEnv* env, const rw_event& event) const {
        const jobject listener = env->NewLocalRef(listener_);
        if (!listener) return;
        const jbyteArray peer = array_of(env, event.peer, std::strlen(event.peer));
        if (!peer) return;
        const jbyteArray text = array_of(env, event.text, std::strlen(event.text));
        if (!text) return;
        env->CallStaticVoidMethod(natives_, report_, listener, static_cast<jint>(event.what), peer,
                                  text, static_cast<jlong>(event.done),
                                  static_cast<jlong>(event.total));
    }

    JavaVM* machine_ = nullptr;
    jweak listener_ = nullptr;
    jclass natives_ = nullptr;
    jmethodID report_ = nullptr;
};

void forget(JNIEnv* env, std::unique_ptr<Listening> listening) {
    if (listening) listening->release(env);
}

}  // namespace

#define NATIVE(type, name) extern "C" JNIEXPORT type JNICALL Java_org_reowolf_Native_##name

NATIVE(jint, create)(JNIEnv*, jclass, jint connector_class) {
    return or_errno(rw_connector(connector_class));
}

NATIVE(jint, release)(JNIEnv*, jclass, jint conn) {
    return or_errno(rw_close(conn, nullptr));
}

NATIVE(jint, configure)(JNIEnv* env, jclass, jint conn, jbyteArray description) {
    return or_errno(rw_configure(conn, Elements(env, description).text()));
}

NATIVE(jbyteArray, checkdesc)(JNIEnv* env, jclass, jbyteArray description) {
    const Elements text(env, description);
    std::vector<char> diagnostic(rw_checkdesc(text.text(), nullptr, 0) + 1);
    const std::size_t size = rw_checkdesc(text.text(), diagnostic.data(), diagnostic.size());
    return array_of(env, diagnostic.data(), size);
}

NATIVE(jint, connect)(JNIEnv*, jclass, jint conn) {
    return or_errno(rw_connect(conn));
}

NATIVE(jint, closePort)(JNIEnv* env, jclass, jint conn, jbyteArray port) {
    return or_errno(rw_close(conn, Elements(env, port).text()));
}

NATIVE(jint, timeout)(JNIEnv*, jclass, jint conn, jlong milliseconds) {
    return or_errno(rw_timeout(conn, milliseconds));
}

NATIVE(jint, give)(JNIEnv* env, jclass, jint call, jint conn, jbyteArray port, jbyteArray value) {
    using Call = int(int, const char*, const void*, std::size_t);
    static constexpr Call* calls[] = {rw_put, rw_offer};
    const Elements bytes(env, value);
    return or_errno(calls[call](conn, Elements(env, port).text(), bytes.data(), bytes.size()));
}

NATIVE(jint, take)
(JNIEnv* env, jclass, jint call, jint conn, jbyteArray port, jobject room, jint size) {
    using Call = int(int, const char*, void*, std::size_t);
    static constexpr Call* calls[] = {rw_get, rw_opt, rw_poll};
    void* buffer = room ? env->GetDirectBufferAddress(room) : nullptr;
    return or_errno(
        calls[call](conn, Elements(env, port).text(), buffer, static_cast<std::size_t>(size)));
}

NATIVE(jint, or)(JNIEnv*, jclass, jint conn) {
    return or_errno(rw_or(conn));
}

NATIVE(jint, chosen)(JNIEnv*, jclass, jint conn) {
    return or_errno(rw_chosen(conn));
}

NATIVE(jint, round)(JNIEnv*, jclass, jint call, jint conn) {
    static constexpr int (*calls[])(int) = {rw_sync, rw_await};
    return or_errno(calls[call](conn));
}

NATIVE(jlong, length)(JNIEnv* env, jclass, jint conn, jbyteArray port) {
    return or_errno(rw_length(conn, Elements(env, port).text()));
}

NATIVE(jint, decide)(JNIEnv* env, jclass, jint conn, jbyteArray port, jbyteArray buffer) {
    const Elements name(env, port);
    if (!buffer) return or_errno(rw_decide(conn, name.text(), nullptr, 0));
    const auto size = static_cast<std::size_t>(env->GetArrayLength(buffer));
    void* const room = env->GetPrimitiveArrayCritical(buffer, nullptr);
    if (!room) return -ENOMEM;
    const int fired = or_errno(rw_decide(conn, name.text(), room, size));  // does not wait
    env->ReleasePrimitiveArrayCritical(buffer, room, 0);
    return fired;
}

NATIVE(jint, fresh)(JNIEnv* env, jclass, jint conn, jbyteArray port) {
    return or_errno(rw_fresh(conn, Elements(env, port).text()));
}

NATIVE(jbyteArray, error)(JNIEnv* env, jclass, jint conn) {
    const char* text = rw_error(conn);
    std::size_t size = 0;
    while (text[size] != '\0') ++size;
    return array_of(env, text, size);
}

NATIVE(jlong, progress)(JNIEnv* env, jclass natives, jint conn, jobject listener) {
    if (!listener) return or_errno(rw_progress(conn, nullptr, nullptr));
    auto listening = std::make_unique<Listening>(env, natives, listener);
    int status = -ENOMEM;
    if (listening->is_good()) {
        const auto report = [](const rw_event* event, void* context) {
            static_cast<const Listening*>(context)->tell(*event);
        };
        status = or_errno(rw_progress(conn, report, listening.get()));
    }
    if (status == 0) return reinterpret_cast<jlong>(listening.release());
    forget(env, std::move(listening));
    return status;
}

NATIVE(void, forgetProgress)(JNIEnv* env, jclass, jlong listening) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): Java keeps pointers as numbers.
    forget(env, std::unique_ptr<Listening>(reinterpret_cast<Listening*>(listening)));
}
