// Dialogues of whole members, recorded once at the start of a run, with the directories that they leave: the ensemble founds,
// serves, loses members and brings them level again by DIFF, TRUNC and SNAP.

import Batch
import ClientProtocol
import Journal
import Node
import NodeEnsemble
import PeerProtocol
import Zab

struct Recordings {
    static let segmentSize = 64 << 10

    /// Frames between members, of every kind and of many sizes.
    private(set) var frames: [[UInt8]] = []
    private(set) var directories: [DirectoryImage] = []
    private(set) var founding: Configuration

    private static let framesOfAKind = 12

    init() throws {
        let ensemble = try Recordings.ensemble(3)
        founding = ensemble.configuration
        var heard: [UInt8: [Int: [UInt8]]] = [:]
        ensemble.overhear = { bytes in
            for frame in PeerRecordings.frames(bytes) where frame.count <= 16 << 10 {
                let size = frame.count.leadingZeroBitCount
                if heard[frame[4], default: [:]].count < Recordings.framesOfAKind { heard[frame[4], default: [:]][size] = frame }
            }
        }
        try Recordings.live(ensemble)
        ensemble.overhear = nil
        frames = heard.sorted { $0.key < $1.key }.flatMap { $0.value.sorted { $0.key < $1.key }.map(\.value) }
        directories = try ensemble.members.map { try DirectoryImage(of: $0.disk) }
    }

    /// Members with small files, so that a recording has some of each.
    static func ensemble(_ count: Int) throws -> VirtualEnsemble {
        let ensemble = try VirtualEnsemble(count)
        ensemble.configureJournal = {
            $0.segmentSize = segmentSize
            $0.keptStarts = 2
        }
        ensemble.configure = {
            $0.snapshotLogBytes = 96 << 10
            $0.ringBytes = 32 << 10
            $0.superDigest = Array("super:none".utf8)
        }
        return ensemble
    }

    static func settings(_ member: MemberID) -> NodeSettings {
        var settings = NodeSettings(
            serverID: member, run: UInt64(member) << 32, seed: 1, lastSession: Int64(member) << 56, cryptography: .virtual,
            versionText: "3.9.5-virtual")
        settings.allowedWords = .all
        return settings
    }

    private static func live(_ ensemble: VirtualEnsemble) throws {
        try ensemble.start()
        serve(ensemble, [1, 2, 3])
        let client = ensemble.client(of: 2)
        client.connect()
        ensemble.run(within: 1_000) { client.hasSession }
        write(client, ensemble, from: 1, count: 40)
        client.sync(1_000)
        ensemble.run(milliseconds: 50)
        // One is away while the log goes on, and one for so long that only a snapshot helps.
        ensemble.kill(3)
        write(client, ensemble, from: 100, count: 30)
        try ensemble.start([3])
        serve(ensemble, [1, 2, 3])
        ensemble.kill(3)
        write(client, ensemble, from: 200, count: 700)
        try ensemble.start([3])
        serve(ensemble, [1, 2, 3])
        // A leader that nobody hears appends what has to go again.
        if let leader = ensemble.leader {
            let alone = ensemble.client(of: leader.id)
            alone.connect()
            ensemble.run(within: 500) { alone.hasSession }
            ensemble.cut(leader.id)
            for number in 0..<5 { alone.create(Int32(1 + number), "/alone-\(number)") }
            ensemble.run(milliseconds: 1_500)
            ensemble.heal()
        }
        serve(ensemble, [1, 2, 3])
        ensemble.run(milliseconds: 300)
    }

    private static func serve(_ ensemble: VirtualEnsemble, _ ids: [MemberID]) {
        let isServing = ensemble.run(within: 20_000) { ids.allSatisfy { ensemble.member($0).node?.isServing == true } }
        expect(isServing, "the recorded ensemble does not serve:\n\(ensemble.story)")
    }

    private static func write(_ client: VirtualClient, _ ensemble: VirtualEnsemble, from first: Int32, count: Int32) {
        let filler = String(repeating: "x", count: 200)
        for number in first..<first + count {
            switch number % 4 {
            case 0: client.set(number, "/zookeeper/none", filler)
            case 1: client.create(number, "/n-\(number)", filler, flags: 2)
            default: client.create(number, "/n-\(number)", filler)
            }
            if number % 50 == 0 { ensemble.run(milliseconds: 4) }
        }
        ensemble.run(within: 5_000) { client.isClosed || client.isAnswered(first + count - 1) }
    }
}
