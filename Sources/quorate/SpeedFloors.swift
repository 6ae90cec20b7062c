// How many writes/s a peer must carry for its run to count: one number for all ensemble sizes, or one for each.

struct SpeedFloors: Equatable {
    private var ofAll: Double?
    private var bySize: [Int: Double] = [:]

    static let form = "writes/s from 0 to 1000000000, or for each size, such as 3=8600,5=5200"

    /// nil if the text is neither a number nor a list of sizes with one each.
    init?(_ text: String) {
        if let one = Self.rate(text) {
            ofAll = one
            return
        }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2, let size = Int(sides[0]), size > 0, bySize[size] == nil, let rate = Self.rate(sides[1]) else {
                return nil
            }
            bySize[size] = rate
        }
    }

    func floor(nodes: Int) -> Double? { bySize[nodes] ?? ofAll }

    private static func rate(_ text: some StringProtocol) -> Double? {
        guard let rate = Double(text), rate >= 0, rate <= 1e9 else { return nil }
        return rate
    }
}
