// Requests encoded once, before the load begins: sending one is a copy, its xid, and the digits that differ.

internal import Statistics
internal import Workload

/// A frame with the places that vary. The bytes belong to the store that made it.
struct RequestTemplate {
    let frame: UnsafeRawBufferPointer
    /// Where the number of the znode in its pool stands; 0 if there is none.
    let poolOffset: Int
    /// Where the ten digits of a created znode stand; 0 if there are none.
    let sequenceOffset: Int
    /// Where the data begins; 0 if there is none.
    let dataOffset: Int
    let dataCount: Int
    /// Where the path begins that a reply is compared with; 0 if it is not.
    var pathOffset = 0
    /// Where the eight characters stand that make a created znode's name its own; 0 if there are none.
    var wordOffset = 0
}

/// Builds templates and owns their memory, and the filler that all data is cut from.
final class TemplateStore {
    private var frames: [UnsafeMutableRawBufferPointer] = []
    let filler: [UInt8]
    /// Tables that were made for choosing znodes.
    var choices: [(pick: Pick, count: Int, choice: ZnodeChoice)] = []

    init(seed: UInt64, bytes: Int) {
        var random = SeededRandom(seed: seed)
        filler = (0..<max(bytes, ItemStamp.byteCount)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    deinit {
        for frame in frames { frame.deallocate() }
    }

    func keep(_ builder: FrameBuilder, pool: Int = 0, sequence: Int = 0, data: Int = 0, dataCount: Int = 0)
        -> RequestTemplate
    {
        keep(builder.finished(), pool: pool, sequence: sequence, data: data, dataCount: dataCount)
    }

    func keep(_ bytes: [UInt8], pool: Int = 0, sequence: Int = 0, data: Int = 0, dataCount: Int = 0) -> RequestTemplate {
        let frame = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        frame.copyBytes(from: bytes)
        frames.append(frame)
        return RequestTemplate(
            frame: UnsafeRawBufferPointer(frame), poolOffset: pool, sequenceOffset: sequence, dataOffset: data,
            dataCount: dataCount)
    }

    /// A table that lives as long as the templates do.
    func keep<Element>(_ table: [Element]) -> UnsafeBufferPointer<Element> {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: table.count * MemoryLayout<Element>.stride, alignment: MemoryLayout<Element>.alignment)
        frames.append(bytes)
        return UnsafeBufferPointer(bytes.initializeMemory(as: Element.self, fromContentsOf: table))
    }

    /// Appends the path of the entry's first znode and `suffix`; returns where the pool's digits stand.
    func appendPath(_ entry: TreeEntry, _ suffix: String, to builder: inout FrameBuilder) -> Int {
        let first = entry.znode(0)
        let offset = entry.count > 1 ? builder.count + 4 + entry.path.utf8.count : 0
        builder.append(first + suffix)
        return offset
    }

    func setData(_ entry: TreeEntry, size: Int) -> RequestTemplate {
        var builder = FrameBuilder(opCode: OpCode.setData)
        let pool = appendPath(entry, "", to: &builder)
        let data = builder.count + 4
        builder.append(buffer: filler[..<size])
        builder.append(Int32(-1))
        return keep(builder, pool: pool, data: data, dataCount: size)
    }

    /// getData, exists or getChildren of a znode of the pool, without a watch.
    func read(_ entry: TreeEntry, opCode: Int32, watch: Bool = false) -> RequestTemplate {
        var builder = FrameBuilder(opCode: opCode)
        let pool = appendPath(entry, "", to: &builder)
        builder.append(flag: watch)
        return keep(builder, pool: pool)
    }

    /// Creation of a znode; if the name is not completed by the server, it ends with ten digits of our own.
    func create(path: String, mode: CreateMode, size: Int) -> RequestTemplate {
        var builder = FrameBuilder(opCode: OpCode.create)
        let sequence = mode.isSequential ? 0 : builder.count + 4 + path.utf8.count
        let start = builder.count + 4
        builder.append(mode.isSequential ? path : path + blankSequence)
        builder.append(buffer: filler[..<size])
        builder.appendOpenACL()
        builder.append(mode.rawValue)
        var template = keep(builder, sequence: sequence, dataCount: size)
        template.pathOffset = start
        return template
    }

    /// Removal of `path` followed by ten digits.
    func delete(path: String) -> RequestTemplate {
        var builder = FrameBuilder(opCode: OpCode.delete)
        let sequence = builder.count + 4 + path.utf8.count
        builder.append(path + blankSequence)
        builder.append(Int32(-1))
        return keep(builder, sequence: sequence)
    }

    func enqueue(_ queues: TreeEntry, size: Int) -> RequestTemplate {
        precondition(size >= ItemStamp.byteCount, "an item has room for its stamp")
        var builder = FrameBuilder(opCode: OpCode.create)
        let pool = appendPath(queues, itemPrefix, to: &builder)
        let data = builder.count + 4
        builder.append(buffer: filler[..<size])
        builder.appendOpenACL()
        builder.append(CreateMode.sequential.rawValue)
        return keep(builder, pool: pool, data: data, dataCount: size)
    }

    func takeGet(_ queues: TreeEntry) -> RequestTemplate {
        var builder = FrameBuilder(opCode: OpCode.getData)
        let pool = appendPath(queues, itemPrefix + blankSequence, to: &builder)
        let sequence = builder.count - blankSequence.utf8.count
        builder.append(flag: false)
        return keep(builder, pool: pool, sequence: sequence)
    }

    func takeDelete(_ queues: TreeEntry) -> RequestTemplate {
        var builder = FrameBuilder(opCode: OpCode.delete)
        let pool = appendPath(queues, itemPrefix + blankSequence, to: &builder)
        let sequence = builder.count - blankSequence.utf8.count
        builder.append(Int32(-1))
        return keep(builder, pool: pool, sequence: sequence)
    }

    func sync(path: String) -> RequestTemplate {
        var builder = FrameBuilder(opCode: OpCode.sync)
        builder.append(path)
        return keep(builder)
    }

    /// A request that consists of its header alone.
    func bare(opCode: Int32) -> RequestTemplate { keep(FrameBuilder(opCode: opCode)) }
}

/// Items are named by this and the number that the server gives them.
let itemPrefix = "/item-"
let blankSequence = "0000000000"
