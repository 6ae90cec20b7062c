// What one message costs the loop: an echo server on a thread of its own, and a client loop that keeps a window of frames in
// flight on each of its connections. `QUORATE_MEASURE=1 swift test -c release --filter EchoBenchmark` runs each load for a second
// and prints messages per second and the CPU time of the server's thread for each message; otherwise each runs until a
// thousand messages have come back, and only their bytes are checked.

import CLinux
import Glibc
import Synchronization
import Testing
import Transport

private let isMeasuring = getenv("QUORATE_MEASURE") != nil

@Suite("Echo benchmark", .serialized)
struct EchoBenchmark {
    struct Load: Sendable, CustomStringConvertible {
        let connections: Int
        let window: Int
        let bytes: Int
        let sealed: Bool
        var description: String { "\(connections) x \(window), \(bytes) bytes\(sealed ? ", TLS" : "")" }
    }

    /// Messages that have to come back when nothing is measured.
    static let enough = 1_000

    static let loads = [false, true].flatMap { sealed in
        [(1, 1, 100), (16, 1, 100), (16, 16, 100), (64, 128, 100), (4, 4, 16_384)].map {
            Load(connections: $0.0, window: $0.1, bytes: $0.2, sealed: sealed)
        }
    }

    @Test("messages a second", arguments: loads)
    func echo(load: Load) throws {
        let folder = try CertificateFolder()
        let tls = load.sealed ? try folder.context() : nil
        let server = try EchoServer(tls: tls)
        var thread = pthread_t()
        let box = Unmanaged.passRetained(server)
        let code = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<EchoServer>.fromOpaque(argument!).takeUnretainedValue().run()
                return nil
            }, box.toOpaque())
        try #require(code == 0)
        let count = drive(load, tls: tls, port: server.port)
        server.stop()
        pthread_join(thread, nil)
        box.release()
        guard isMeasuring else {
            #expect(count >= Self.enough)
            return
        }
        try #require(count > 0)
        let nanoseconds = Double(server.cpu.load(ordering: .relaxed)) / Double(count)
        print("\(load): \(count) messages/s, server \((nanoseconds / 10).rounded() / 100) CPU us a message")
    }

    /// A second of load, or enough of it; the messages that came back.
    private func drive(_ load: Load, tls: TLSContext?, port: UInt16) -> Int {
        guard let loop = try? EventLoop() else { return 0 }
        let frame = [UInt8](repeating: 7, count: load.bytes)
        let first = [UInt8](repeating: 7, count: load.bytes * load.window)
        var events: [TransportEvent] = []
        var count = 0
        var ids: [ConnectionID] = []
        for _ in 0..<load.connections { _ = loop.connect("127.0.0.1", port: port, tag: 0, tls: tls) }
        var end: UInt64?
        while (end == nil || loop.now < end!) && (isMeasuring || count < Self.enough) {
            loop.wait(until: end, into: &events)
            for event in events {
                switch event {
                case .connected(let id, tag: _):
                    ids.append(id)
                case .readable(let id, tag: _):
                    _ = loop.read(id)
                    loop.withInput(id) { bytes in
                        let whole = bytes.count / frame.count
                        count += whole
                        if !isMeasuring { #expect(bytes.allSatisfy { $0 == 7 }) }
                        return loop.write(id, UnsafeRawBufferPointer(rebasing: bytes[..<(whole * frame.count)]), more: false)
                    }
                case .closed(_, tag: _, let reason):
                    Issue.record("\(reason)")
                    return 0
                default: break
                }
            }
            // The clock starts with the first frame: handshakes are not what is measured.
            if end == nil && ids.count == load.connections {
                for id in ids { #expect(first.withUnsafeBytes { loop.write(id, $0, more: false) } == first.count) }
                end = loop.now + (isMeasuring ? 1_000_000_000 : 20_000_000_000)
            }
        }
        return count
    }
}

private final class EchoServer {
    private let loop: EventLoop
    let port: UInt16
    private let waker: Waker
    private let stopping = Atomic<Bool>(false)
    let cpu = Atomic<UInt64>(0)

    init(tls: TLSContext?) throws {
        loop = try EventLoop()
        waker = loop.waker
        port = try loop.listen(.loopback(port: 0), tag: 0, tls: tls).boundPort
    }

    func stop() {
        stopping.store(true, ordering: .releasing)
        waker.wake()
    }

    func run() {
        var start = quorate_thread_cpu_ns()
        var sawFrames = false
        var events: [TransportEvent] = []
        while !stopping.load(ordering: .acquiring) {
            loop.wait(until: nil, into: &events)
            for event in events {
                guard case .readable(let id, tag: _) = event else { continue }
                if !sawFrames { start = quorate_thread_cpu_ns() }
                sawFrames = true
                _ = loop.read(id)
                loop.withInput(id) { loop.write(id, $0, more: false) }
            }
        }
        cpu.store(quorate_thread_cpu_ns() - start, ordering: .relaxed)
    }
}
