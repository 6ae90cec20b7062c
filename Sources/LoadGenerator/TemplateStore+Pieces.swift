// Pieces that requests are put together from: the parts of a multi, and creations whose names and data have several lengths. A
// piece is prepared as a whole request is, so that sending copies and fills in digits here, too.

internal import Workload

extension TemplateStore {
    /// What stands in front of a creation's path.
    enum Head {
        /// It is a request of its own, so a frame begins.
        case frame
        /// It is a part of a multi.
        case part

        var builder: FrameBuilder {
            switch self {
            case .frame: FrameBuilder(opCode: OpCode.create)
            case .part: FrameBuilder(partType: OpCode.create)
            }
        }
    }

    /// Length, xid and op code of a multi; its parts follow.
    func multiHead() -> RequestTemplate { keep(FrameBuilder(opCode: OpCode.multi).bytes) }

    func multiEnd() -> RequestTemplate {
        var builder = FrameBuilder()
        builder.appendHead(MultiWire.error, isEnd: true, error: -1)
        return keep(builder.bytes)
    }

    func setPart(_ entry: TreeEntry, size: Int) -> RequestTemplate {
        var builder = FrameBuilder(partType: OpCode.setData)
        let pool = appendPath(entry, "", to: &builder)
        builder.append(buffer: filler[..<size])
        builder.append(Int32(-1))
        return keep(builder.bytes, pool: pool, dataCount: size)
    }

    func checkPart(_ entry: TreeEntry) -> RequestTemplate {
        var builder = FrameBuilder(partType: OpCode.check)
        let pool = appendPath(entry, "", to: &builder)
        builder.append(Int32(-1))
        return keep(builder.bytes, pool: pool)
    }

    /// Up to a created znode's path; what follows it is a tail.
    func path(_ path: String, _ mode: CreateMode, _ head: Head) -> RequestTemplate {
        var builder = head.builder
        let start = builder.count + 4
        builder.append(mode.isSequential ? path : path + blankSequence)
        var template = keep(builder.bytes, sequence: mode.isSequential ? 0 : start + path.utf8.count)
        template.pathOffset = start
        return template
    }

    /// The same under a znode of the pool, with a name of so many characters.
    func childPath(_ parents: TreeEntry, nameLength: Int, _ head: Head) -> RequestTemplate {
        var builder = head.builder
        let start = builder.count + 4
        let pool = appendPath(parents, Self.blankName(nameLength), to: &builder)
        var template = keep(builder.bytes, pool: pool)
        template.pathOffset = start
        template.wordOffset = builder.count - nameLength
        return template
    }

    func deleteChild(_ parents: TreeEntry, nameLength: Int) -> RequestTemplate {
        var builder = FrameBuilder(opCode: OpCode.delete)
        let pool = appendPath(parents, Self.blankName(nameLength), to: &builder)
        let word = builder.count - nameLength
        builder.append(Int32(-1))
        var template = keep(builder.finished(), pool: pool)
        template.wordOffset = word
        return template
    }

    /// What follows the path of a creation.
    func creationTail(mode: CreateMode, size: Int) -> RequestTemplate {
        var builder = FrameBuilder()
        builder.append(buffer: filler[..<size])
        builder.appendOpenACL()
        builder.append(mode.rawValue)
        return keep(builder.bytes, dataCount: size)
    }

    private static func blankName(_ length: Int) -> String { "/" + String(repeating: "n", count: length) }
}
