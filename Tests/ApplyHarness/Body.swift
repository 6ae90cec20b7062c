// Request bodies as clients write them, from plain values.

import ClientProtocol
import Jute
import StateMachine

package enum Body {
    /// An access list as (permissions, scheme, id).
    package typealias ACL = [(Int32, String, String)]

    package static let open: ACL = [(Permission.all, "world", "anyone")]

    private static func make(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        write(&buffer)
        return [UInt8](buffer.bytes)
    }

    package static func timeout(_ timeout: Int32) -> [UInt8] { make { SystemRecord.writeTimeout(timeout, to: &$0) } }

    package static func create(
        _ path: String, _ data: [UInt8]? = [], acl: ACL? = open, flags: Int32 = CreateMode.persistent
    ) -> [UInt8] {
        make { body in
            body.writeString(path)
            if let data { body.writeBuffer(data) } else { body.writeNull() }
            append(acl, &body)
            body.writeInt(flags)
        }
    }

    private static func append(_ acl: ACL?, _ body: inout ByteBuffer) {
        guard let acl else { return body.writeNull() }
        body.writeInt(Int32(acl.count))
        for (permissions, scheme, id) in acl {
            body.writeInt(permissions)
            body.writeString(scheme)
            body.writeString(id)
        }
    }

    package static func setData(_ path: String, _ data: [UInt8]?, version: Int32 = -1) -> [UInt8] {
        make { body in
            body.writeString(path)
            if let data { body.writeBuffer(data) } else { body.writeNull() }
            body.writeInt(version)
        }
    }

    package static func setACL(_ path: String, _ acl: ACL?, version: Int32 = -1) -> [UInt8] {
        make { body in
            body.writeString(path)
            append(acl, &body)
            body.writeInt(version)
        }
    }

    /// delete and check.
    package static func versioned(_ path: String, version: Int32 = -1) -> [UInt8] {
        make { body in
            body.writeString(path)
            body.writeInt(version)
        }
    }

    /// exists, getData, getChildren.
    package static func watched(_ path: String, watch: Bool = false) -> [UInt8] {
        make { body in
            body.writeString(path)
            body.writeBoolean(watch)
        }
    }

    package static func path(_ path: String) -> [UInt8] { make { $0.writeString(path) } }

    package static func multi(_ parts: [(Int32, [UInt8])]) -> [UInt8] {
        make { body in
            for (type, part) in parts {
                body.write(MultiHeader(type: type, done: false, error: -1))
                body.append(part)
            }
            body.write(MultiHeader.end)
        }
    }

    package static func setWatches(
        _ zxid: Int64, data: [String] = [], exist: [String] = [], child: [String] = [], persistent: [String]? = nil,
        recursive: [String]? = nil
    ) -> [UInt8] {
        make { body in
            body.writeLong(zxid)
            for list in [data, exist, child] + (persistent.map { [$0, recursive ?? []] } ?? []) {
                body.writeInt(Int32(list.count))
                for path in list { body.writeString(path) }
            }
        }
    }

    package static func identities(_ list: [(UInt8, [UInt8])]) -> [UInt8] {
        make { buffer in
            for (scheme, id) in list { id.withUnsafeBytes { buffer.writeIdentity(scheme: scheme, id: $0) } }
        }
    }

    package static func founding(text: String = "server.1=a:1:2:participant\nversion=100000000") -> [UInt8] {
        make { body in
            Founding(
                clusterID: [UInt8](0..<16), secret: [UInt8](100..<132), settings: [], configuration: [1, 2, 3],
                text: [UInt8](text.utf8)
            ).write(to: &body)
        }
    }
}
