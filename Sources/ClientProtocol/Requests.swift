// Bodies of the requests that name a path: views over the client's bytes, nothing copied. A null path ends as a decode error,
// because no operation has a use for it; paths are otherwise unjudged here (PathSyntax judges them).

public import Jute

extension JuteReader {
    /// A path or another text that must not be null.
    @_lifetime(copy self)
    @inlinable public mutating func text() throws(JuteError) -> RawSpan {
        guard let span = try buffer() else { throw .badLength }
        return span
    }

    /// A text whose null means the same as an empty one.
    @_lifetime(copy self)
    @inlinable public mutating func textOrEmpty() throws(JuteError) -> RawSpan {
        if let span = try buffer() { return span }
        return rest.extracting(0..<0)
    }
}

/// create, create2, createContainer and (with `ttl`) createTTL.
package struct CreateRequest: ~Escapable {
    package let path: RawSpan
    package let data: RawSpan?
    package let acl: ACLList
    package let flags: Int32
    /// -1 where the request has none.
    package let ttl: Int64

    @_lifetime(copy reader)
    package init(reading reader: inout JuteReader, hasTTL: Bool) throws(JuteError) {
        path = try reader.text()
        data = try reader.buffer()
        acl = try ACLList(reading: &reader)
        flags = try reader.int()
        ttl = hasTTL ? try reader.long() : -1
    }
}

/// delete and check.
public struct VersionedPath: ~Escapable {
    public let path: RawSpan
    /// -1 means any.
    public let version: Int32

    @_lifetime(copy reader)
    @inlinable public init(reading reader: inout JuteReader) throws(JuteError) {
        path = try reader.text()
        version = try reader.int()
    }
}

public struct SetDataRequest: ~Escapable {
    public let path: RawSpan
    public let data: RawSpan?
    public let version: Int32

    @_lifetime(copy reader)
    @inlinable public init(reading reader: inout JuteReader) throws(JuteError) {
        path = try reader.text()
        data = try reader.buffer()
        version = try reader.int()
    }
}

package struct SetACLRequest: ~Escapable {
    package let path: RawSpan
    package let acl: ACLList
    package let version: Int32

    @_lifetime(copy reader)
    package init(reading reader: inout JuteReader) throws(JuteError) {
        path = try reader.text()
        acl = try ACLList(reading: &reader)
        version = try reader.int()
    }
}

/// exists, getData, getChildren and getChildren2.
package struct WatchedPath: ~Escapable {
    package let path: RawSpan
    package let watch: Bool

    @_lifetime(copy reader)
    package init(reading reader: inout JuteReader) throws(JuteError) {
        path = try reader.text()
        watch = try reader.boolean()
    }
}

/// checkWatches, removeWatches (`number` is the type) and addWatch (`number` is the mode).
package struct NumberedPath: ~Escapable {
    package let path: RawSpan
    package let number: Int32

    @_lifetime(copy reader)
    package init(reading reader: inout JuteReader) throws(JuteError) {
        path = try reader.text()
        number = try reader.int()
    }
}

/// A vector of texts, walked in place.
package struct TextList: ~Escapable {
    private var reader: JuteReader
    private var left: Int

    /// Reads the count and steps `outer` over the whole vector, so that a damaged one is found before anything is done with it.
    @_lifetime(copy outer)
    package init(reading outer: inout JuteReader) throws(JuteError) {
        left = max(try outer.vectorCount(itemSize: 4), 0)
        reader = JuteReader(outer.rest)
        for _ in 0..<left { _ = try outer.text() }
    }

    @_lifetime(copy outer)
    package init(emptyFor outer: JuteReader) {
        left = 0
        reader = outer
    }

    /// The next text; nil at the end.
    @_lifetime(copy self)
    package mutating func next() -> RawSpan? {
        guard left > 0, let text = try? reader.text() else { return nil }
        left -= 1
        return text
    }
}

/// setWatches and, with two more lists (empty in the older request), setWatches2.
package struct SetWatchesRequest: ~Escapable {
    package let relativeZxid: Int64
    package var data: TextList
    package var exist: TextList
    package var child: TextList
    package var persistent: TextList
    package var recursive: TextList

    @_lifetime(copy reader)
    package init(reading reader: inout JuteReader, isSecond: Bool) throws(JuteError) {
        relativeZxid = try reader.long()
        data = try TextList(reading: &reader)
        exist = try TextList(reading: &reader)
        child = try TextList(reading: &reader)
        if isSecond {
            persistent = try TextList(reading: &reader)
            recursive = try TextList(reading: &reader)
        } else {
            persistent = TextList(emptyFor: reader)
            recursive = TextList(emptyFor: reader)
        }
    }
}

/// auth: adds an identity to the connection.
package struct AuthPacket: ~Escapable {
    package let scheme: RawSpan
    package let credential: RawSpan?

    @_lifetime(copy reader)
    package init(reading reader: inout JuteReader) throws(JuteError) {
        _ = try reader.int()
        scheme = try reader.text()
        credential = try reader.buffer()
    }
}
