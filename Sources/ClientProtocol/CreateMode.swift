// The flags of create requests: what kind of znode is wanted, and whether its name gets a sequence number.

package enum CreateMode {
    package static let persistent: Int32 = 0
    package static let ephemeral: Int32 = 1
    package static let persistentSequential: Int32 = 2
    package static let ephemeralSequential: Int32 = 3
    package static let container: Int32 = 4
    package static let persistentTTL: Int32 = 5
    package static let persistentSequentialTTL: Int32 = 6

    package static func isKnown(_ flags: Int32) -> Bool { flags >= persistent && flags <= persistentSequentialTTL }

    package static func isTTL(_ flags: Int32) -> Bool { flags == persistentTTL || flags == persistentSequentialTTL }

    package static func isEphemeral(_ flags: Int32) -> Bool { flags == ephemeral || flags == ephemeralSequential }

    package static func isSequential(_ flags: Int32) -> Bool {
        flags == persistentSequential || flags == ephemeralSequential || flags == persistentSequentialTTL
    }
}
