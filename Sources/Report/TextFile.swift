// Writes a text to a file that a user has named: whole or not at all where it is a plain file or none is there yet; a device or a
// pipe takes it as it comes.

internal import Foundation

package enum TextFile {
    package static func write(_ text: String, to path: String) throws(ResultError) {
        var kind = stat()
        let exists = stat(path, &kind) == 0
        // A link leads to the file that is meant.
        let place = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let isPlain = !exists || kind.st_mode & S_IFMT == S_IFREG
        let unfinished = isPlain ? place + ".new" : place
        var code = ResultFolder.write(Data(text.utf8), to: unfinished)
        if code == 0, isPlain, rename(unfinished, place) != 0 { code = errno }
        guard code != 0 else { return }
        if isPlain { unlink(unfinished) }
        throw ResultError(description: "\(path) can't be written: \(String(cString: strerror(code))).")
    }
}
