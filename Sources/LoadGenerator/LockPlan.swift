// A lock's recipe made ready: how contenders are named, the requests of a round, and who is in front of whom.

internal import Glibc
internal import Workload

/// A contender's name: run, client, and the number that the server gives. All have the same length. By the part before the
/// number a client knows its own znode again when the reply to its create was lost, as kazoo and Curator do.
struct LockName {
    static let word = "-lock-"
    static let runDigits = 16
    static let clientDigits = 10
    /// From the beginning of the name to the client's digits, and to the server's.
    static let clientOffset = runDigits + 1
    static let numberOffset = clientOffset + clientDigits + word.utf8.count
    static let length = numberOffset + blankSequence.utf8.count

    /// The part before the number.
    let prefix: [UInt8]
    let client: UInt64

    init(run: UInt64, client: Int) {
        self.client = UInt64(client)
        let digits = String(client)
        let padded = String(repeating: "0", count: Self.clientDigits - digits.count) + digits
        prefix = Array((Self.hexadecimal(run) + "-" + padded + Self.word).utf8)
    }

    static func hexadecimal(_ run: UInt64) -> String {
        let digits = String(run, radix: 16)
        return String(repeating: "0", count: runDigits - digits.count) + digits
    }
}

/// What a role needs to go for locks. Its znodes are a pool of locks, and contenders are created under them.
final class LockPlan {
    /// Number of the entry's first lock among all locks.
    let firstLock: Int
    let count: UInt64
    let hold: UInt64
    let create: RequestTemplate
    let list: RequestTemplate
    /// exists of the contender in front, with a watch.
    let watch: RequestTemplate
    let delete: RequestTemplate
    /// Bytes of a contender's path.
    let pathLength: Int
    let lockStream: Int16
    let createStream: Int16
    let listStream: Int16
    let existsStream: Int16
    let deleteStream: Int16

    init(_ entry: TreeEntry, hold: UInt64, builder: inout PlanBuilder, role: Int) {
        firstLock = builder.firstLock(of: entry.path, count: entry.count)
        count = UInt64(entry.count)
        self.hold = hold
        let (store, run) = (builder.store, builder.run)
        create = store.lockCreate(entry, run: run)
        list = store.read(entry, opCode: OpCode.getChildren)
        watch = store.contender(entry, opCode: OpCode.exists, run: run) { $0.append(flag: true) }
        delete = store.contender(entry, opCode: OpCode.delete, run: run) { $0.append(Int32(-1)) }
        pathLength = entry.znode(0).utf8.count + 1 + LockName.length
        lockStream = builder.stream(.lock, role: role)
        createStream = builder.stream(.create, role: role, follows: true)
        listStream = builder.stream(.list, role: role, follows: true)
        existsStream = builder.stream(.exists, role: role, follows: true)
        deleteStream = builder.stream(.delete, role: role, follows: true)
    }
}

extension TemplateStore {
    private func blankName(run: UInt64) -> String {
        "/" + LockName.hexadecimal(run) + "-" + blankSequence + LockName.word
    }

    /// The sequence stands where the server puts its number; the client's digits stand before it.
    fileprivate func lockCreate(_ locks: TreeEntry, run: UInt64) -> RequestTemplate {
        var builder = FrameBuilder(opCode: OpCode.create)
        let pool = appendPath(locks, blankName(run: run), to: &builder)
        let sequence = builder.count
        builder.append(buffer: filler[..<0])
        builder.appendOpenACL()
        builder.append(CreateMode.ephemeralSequential.rawValue)
        return keep(builder, pool: pool, sequence: sequence)
    }

    fileprivate func contender(
        _ locks: TreeEntry, opCode: Int32, run: UInt64, _ finish: (inout FrameBuilder) -> Void
    ) -> RequestTemplate {
        var builder = FrameBuilder(opCode: opCode)
        let pool = appendPath(locks, blankName(run: run) + blankSequence, to: &builder)
        let sequence = builder.count - blankSequence.utf8.count
        finish(&builder)
        return keep(builder, pool: pool, sequence: sequence)
    }
}

/// What a list of a lock's contenders says to one of them.
struct LockContenders {
    /// The client's own number: the one it asked for, or the lowest of its znodes if it knew none.
    private(set) var own: Int32?
    /// The nearest contender in front; its name stands in the list.
    private(set) var predecessor: (number: Int32, name: Range<Int>)?
    /// Another znode of the same client: a create whose reply was lost.
    private(set) var ghost: Int32?

    /// `number` is -1 if the client does not know its own; nil if the list can not be read.
    init?(_ body: UnsafeRawBufferPointer, number: Int32, prefix: [UInt8]) {
        guard Self.visit(body, { name, found in noteOwn(body, name, found, number: number, prefix: prefix) }) else { return nil }
        guard let own else { return }
        _ = Self.visit(body) { name, found in
            if found < own, found > predecessor?.number ?? -1 { predecessor = (found, name) }
        }
    }

    private mutating func noteOwn(
        _ body: UnsafeRawBufferPointer, _ name: Range<Int>, _ found: Int32, number: Int32, prefix: [UInt8]
    ) {
        guard memcmp(body.baseAddress! + name.lowerBound, prefix, prefix.count) == 0 else { return }
        if found == number {
            own = found
        } else if number >= 0 {
            ghost = found
        } else if let lowest = own {
            own = min(lowest, found)
            ghost = max(lowest, found)
        } else {
            own = found
        }
    }

    /// Calls `body` for every contender; false if the list can not be read. Names of another form are no contenders.
    private static func visit(_ bytes: UnsafeRawBufferPointer, _ body: (Range<Int>, Int32) -> Void) -> Bool {
        var names = ChildNames(bytes)
        while let name = names.next() {
            guard name.count == LockName.length,
                let number = sequenceNumber(bytes, from: name.lowerBound, to: name.upperBound)
            else { continue }
            body(name, number)
        }
        return !names.isMalformed
    }
}
