// The operation numbers of the client protocol: what a request header's `type` and a multi part's `type` may hold.
// What each operation means is DataTree's business; which of them a server answers itself is Node's.

public enum OpCode {
    @inlinable public static var notification: Int32 { 0 }
    @inlinable public static var create: Int32 { 1 }
    @inlinable public static var delete: Int32 { 2 }
    @inlinable public static var exists: Int32 { 3 }
    @inlinable public static var getData: Int32 { 4 }
    @inlinable public static var setData: Int32 { 5 }
    @inlinable public static var getACL: Int32 { 6 }
    @inlinable public static var setACL: Int32 { 7 }
    @inlinable public static var getChildren: Int32 { 8 }
    @inlinable public static var sync: Int32 { 9 }
    @inlinable public static var ping: Int32 { 11 }
    @inlinable public static var getChildren2: Int32 { 12 }
    @inlinable public static var check: Int32 { 13 }
    @inlinable public static var multi: Int32 { 14 }
    @inlinable public static var create2: Int32 { 15 }
    @inlinable public static var reconfig: Int32 { 16 }
    @inlinable public static var checkWatches: Int32 { 17 }
    @inlinable public static var removeWatches: Int32 { 18 }
    @inlinable public static var createContainer: Int32 { 19 }
    @inlinable public static var deleteContainer: Int32 { 20 }
    @inlinable public static var createTTL: Int32 { 21 }
    @inlinable public static var multiRead: Int32 { 22 }
    @inlinable public static var auth: Int32 { 100 }
    @inlinable public static var setWatches: Int32 { 101 }
    @inlinable public static var sasl: Int32 { 102 }
    @inlinable public static var getEphemerals: Int32 { 103 }
    @inlinable public static var getAllChildrenNumber: Int32 { 104 }
    @inlinable public static var setWatches2: Int32 { 105 }
    @inlinable public static var addWatch: Int32 { 106 }
    @inlinable public static var whoAmI: Int32 { 107 }
    /// Result type of a failed part of a multi; also the end marker of both multi framings.
    @inlinable public static var error: Int32 { -1 }
    @inlinable public static var attachSession: Int32 { -9 }
    @inlinable public static var createSession: Int32 { -10 }
    @inlinable public static var closeSession: Int32 { -11 }
    @inlinable public static var founding: Int32 { -20 }
    @inlinable public static var configuration: Int32 { -21 }

    /// Handlers other than the tree own op codes from here on.
    @inlinable public static var firstOfHandlers: Int32 { 1000 }
}
