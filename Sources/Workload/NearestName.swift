// Finds the valid name that a misspelt one most likely meant.

/// The candidate with the fewest edits to `name`, if it is close enough to be what was meant.
func nearestName(to name: String, among candidates: [String]) -> String? {
    let limit = max(2, name.count / 2)
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(name.lowercased(), candidate.lowercased())
        if distance <= limit && distance < (best?.distance ?? .max) { best = (candidate, distance) }
    }
    return best?.name
}

/// Levenshtein's distance: insertions, deletions and replacements that turn one text into the other.
private func editDistance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    var row = Array(0...right.count)
    for (line, leftByte) in left.enumerated() {
        var diagonal = row[0]
        row[0] = line + 1
        for (column, rightByte) in right.enumerated() {
            let replaced = diagonal + (leftByte == rightByte ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
        }
    }
    return row[right.count]
}
