// Reads a request of this generator's own back out of its frame, from the xid on: what was sent is what is recorded. Frames are
// those that the load lays out itself, so that they are whole is a matter of course and not checked field by field.

internal import Workload

struct RequestReader {
    private let frame: UnsafeRawBufferPointer
    private var position = 8
    /// nil for what no trace holds.
    let kind: TraceOperation.Kind?
    /// Bytes of the data that was read last.
    private(set) var size = 0

    init(_ frame: UnsafeRawBufferPointer) {
        self.frame = frame
        kind = TraceOperation.Kind(opCode: frame.int32(at: 4))
    }

    /// A read ends with the flag that asks for a watch.
    var watches: Bool {
        switch kind {
        case .exists, .get, .list: frame[frame.count - 1] != 0
        default: false
        }
    }

    mutating func int32() -> Int32 {
        defer { position += 4 }
        return frame.int32(at: position)
    }

    mutating func text() -> UnsafeRawBufferPointer {
        let length = max(0, Int(int32()))
        defer { position += length }
        return UnsafeRawBufferPointer(rebasing: frame[position..<(position + length)])
    }

    mutating func skipFlag() { position += 1 }

    mutating func skipData() { size = text().count }

    /// Data and access list stand between a create's path and its mode.
    mutating func modeBehindData() -> CreateMode {
        skipData()
        for _ in 0..<int32() {
            position += 4
            _ = text()
            _ = text()
        }
        return CreateMode(rawValue: int32()) ?? .persistent
    }

    /// The kind of a multi's next part; nil behind the last.
    mutating func nextPart() -> TraceOperation.Kind? {
        let type = int32()
        let isEnd = frame[position] != 0
        position += 5
        return isEnd ? nil : TraceOperation.Kind(opCode: type)
    }

    /// Walks over all parts and comes back.
    mutating func countOfParts() -> Int {
        let start = position
        defer { position = start }
        var count = 0
        while let part = nextPart() {
            count += 1
            _ = text()
            switch part {
            case .create: _ = modeBehindData()
            case .set:
                skipData()
                position += 4
            default: position += 4
            }
        }
        return count
    }
}
