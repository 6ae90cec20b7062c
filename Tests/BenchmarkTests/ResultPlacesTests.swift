// Where results go when the checkout can't be written: what the environment calls the user's own, before the system's places.

import Benchmark
import Testing

@Suite struct ResultPlacesTests {
    private let checkout = Checkout(path: "/sources")

    @Test func theHomeOfTheEnvironmentComesSecond() {
        let places = ResultPlaces.list(checkout, environment: ["HOME": "/kim"])
        #expect(places.prefix(2) == ["/sources/results", "/kim/quorate-results"])
        #expect(places.count == 3 && places[2].hasPrefix("/var/tmp/quorate-results-"))
    }

    @Test func aPlaceForDataComesBeforeTheHome() {
        let places = ResultPlaces.list(checkout, environment: ["HOME": "/kim", "XDG_DATA_HOME": "/data"])
        #expect(places.prefix(2) == ["/sources/results", "/data/quorate-results"])
    }

    @Test(arguments: [[:], ["HOME": ""], ["HOME": "kim"], ["XDG_DATA_HOME": "x", "HOME": "."]])
    func withoutAHomeTheSystemsPlaceIsTaken(environment: [String: String]) {
        let places = ResultPlaces.list(checkout, environment: environment)
        #expect(places.count == 2 && places[1].hasPrefix("/var/tmp/quorate-results-"))
    }
}
