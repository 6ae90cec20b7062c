// The flags of create requests: what kind of znode is wanted, and whether its name gets a sequence number.

package enum CreateMode {
    @inlinable package static var persistent: Int32 { 0 }
    @inlinable package static var ephemeral: Int32 { 1 }
    @inlinable package static var persistentSequential: Int32 { 2 }
    @inlinable package static var ephemeralSequential: Int32 { 3 }
    @inlinable package static var container: Int32 { 4 }
    @inlinable package static var persistentTTL: Int32 { 5 }
    @inlinable package static var persistentSequentialTTL: Int32 { 6 }

    package static func isKnown(_ flags: Int32) -> Bool { flags >= persistent && flags <= persistentSequentialTTL }

    package static func isTTL(_ flags: Int32) -> Bool { flags == persistentTTL || flags == persistentSequentialTTL }

    package static func isEphemeral(_ flags: Int32) -> Bool { flags == ephemeral || flags == ephemeralSequential }

    package static func isSequential(_ flags: Int32) -> Bool {
        flags == persistentSequential || flags == ephemeralSequential || flags == persistentSequentialTTL
    }
}
