"""The people who write: sixty regulars, and passers-by without end. All invented; the same for the same seed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from random import Random

from inbox.platforms.simulation import Person

# name, language, temper, city. Tempers: warm, plain, cross, chatty.
REGULARS = """
Ana Ruiz Oliver | es | warm | Valencia
Ben Okafor | en | plain | Leeds
Carla Menniti | it | chatty | Bologna
Dilara Aksoy-Brandt | de | plain | Hamburg
Ewa Zielonka | pl | warm | Gdańsk
Femke van Rooyen | nl | plain | Utrecht
Gaspard Lemoine-Roux | fr | cross | Lyon
Hana Mizushima | ja | warm | 札幌
Idris Bellamy | en | chatty | Bristol
Joana Teixeira Pinto | pt | warm | Porto
Karim Al-Sayegh | ar | plain | عمّان
Lena Vogelsang | de | warm | Leipzig
Marguerite Aubanel | fr | warm | Nantes
Nils Brockhaus | de | cross | Münster
Orla Fitzsimmons | en | warm | Galway
Pedro Calatrava | es | cross | Sevilla
Quentin Marchetaz | fr | plain | Genève
Rosa Delvecchio | it | warm | Lecce
Sean Whitlock | en | cross | Manchester
Tineke Hoogland | nl | chatty | Groningen
Umar Farrukh | en | warm | Birmingham
Vera Castanheira | pt | plain | Braga
Wiktor Sobolewski | pl | cross | Wrocław
Ximena Larrondo | es | chatty | Bilbao
Yuto Kagawara | ja | plain | 神戸
Zofia Makowiecka | pl | chatty | Kraków
Aoife Brannigan | en | plain | Cork
Bastian Oberhofer | de | chatty | Innsbruck
Chloé Vasseur-Petit | fr | chatty | Lille
Davide Ferrantelli | it | plain | Torino
Esperanza Molinero | es | warm | Zaragoza
Finn Asmussen | de | warm | Kiel
Greta Haverkamp | de | plain | Köln
Hugo Brandão | pt | cross | Lisboa
Imogen Thackeray-Holt | en | chatty | Bath
Jasper Wolthuis | nl | cross | Haarlem
Katarzyna Wilczek | pl | plain | Poznań
Lorenzo Sabbadin | it | cross | Padova
Mariam Haddadin | ar | warm | بيروت
Naomi Adeyemi-Clarke | en | warm | London
Oskar Feldkamp | de | plain | Bremen
Priya Raghunathan | en | plain | Leicester
Rasmus Oddershede | en | plain | Aarhus
Sofia Villaverde | es | plain | A Coruña
Theo Lindqvist-Moore | en | chatty | Edinburgh
Ursula Hinterberger | de | cross | Graz
Valentina Crocetti | it | chatty | Genova
Willem de Graauw | nl | warm | Delft
Yasmin Khoury-Blanc | fr | warm | Marseille
Zeynep Aldemir | en | warm | Cardiff
Amélie Rochefontaine | fr | plain | Rennes
Bogdan Pawelczyk | pl | plain | Łódź
Constança Mourato | pt | chatty | Coimbra
Derek Osgood | en | cross | Norwich
Elif Sandström | en | plain | Malmö
Fumiko Tachihara | ja | chatty | 金沢
Gwen Prydderch | en | warm | Swansea
Henrike Sanders-Lohmann | de | chatty | Freiburg
Ignacio Perales | es | plain | Murcia
Jules Tannenbaum | en | plain | New York
"""

FIRST = {
    "en": "Alice Martin Ruth Owen Hazel Toby Nadia Craig Beth Leon Freya Miles Tessa Ross Joy Callum Ivy Dean Molly",
    "de": "Anke Jürgen Miriam Steffen Katja Holger Svenja Timo Birgit Kai Jana Ralf Elke Moritz Silke Jannis Ute Malte",
    "es": "Lucía Andrés Marta Diego Paula Sergio Noelia Rubén Irene Álvaro Celia Iván Rocío Javier Alba Tomás",
    "fr": "Camille Antoine Élodie Julien Manon Thibault Solène Rémi Inès Baptiste Maëlle Yann Clémence Fabien",
    "pt": "Beatriz Tiago Inês Rui Mariana Gonçalo Sara Nuno Leonor Duarte Catarina Filipe",
    "pl": "Agnieszka Piotr Magda Krzysztof Ola Bartek Justyna Paweł Iwona Radek Kinga Szymon",
    "nl": "Sanne Jeroen Lotte Bram Marieke Sander Anouk Thijs Ilse Ruben",
    "it": "Giulia Matteo Chiara Simone Elisa Fabio Martina Nicola Serena Paolo",
    "ja": "美咲 翔太 陽子 健一 さくら 大輔 由美 直樹",
    "ar": "سارة يوسف ليلى عمر نور خالد هدى سامي",
}
LAST = {
    "en": "Ashdown Birchall Cottrell Dunmore Eastwick Farrow Gilmour Hartnoll Inskip Jessop Kershaw Lockyer Marlowe "
    "Nettleton Ormerod Pemberton Quill Ridley Standish Thornbury Underhill Varley Winslade Yardley",
    "de": "Althoff Bergander Cordes Dreesen Ehlers Falkenberg Gerstner Hellwig Isermann Jahnke Kolbe Lüders Mertens "
    "Niehaus Ostermann Petersilie Reimers Seidel Tiedemann",
    "es": "Arrieta Belmonte Carrasco Dávila Escudero Figueroa Galván Huertas Iriarte Jurado Lozano Montalbán Nogales",
    "fr": "Auclair Beaumont Chastel Delacour Escoffier Fournel Garancher Hautecoeur Jourdain Lacombe Perrault",
    "pt": "Abrantes Bettencourt Cardoso Damasceno Espinho Falcão Guedes Loureiro Meireles Nogueira",
    "pl": "Adamiec Borowik Cieślak Dudziak Fijałek Gawron Jabłonka Kosiński Leszczyk Mazurek",
    "nl": "Aalders Bosman Coppens Dijkhuis Elzinga Feenstra Geerlings Hofstede Kuipers Leeuwerik",
    "it": "Albertini Boscolo Cattaneo Donadoni Fabbriani Galimberti Lanzetta Marangoni Pellegrino",
    "ja": "藤崎 桐島 朝倉 水沢 小野寺 早瀬",
    "ar": "الحوراني النجار القاسم الزين البستاني الخطيب",
}
CITIES = {
    "en": "Brighton Glasgow Exeter Dublin Toronto Sheffield Boston Belfast",
    "de": "Berlin Dresden Wien Stuttgart Mainz Zürich Rostock",
    "es": "Madrid Granada Málaga Oviedo Barcelona",
    "fr": "Paris Toulouse Bordeaux Strasbourg Bruxelles",
    "pt": "Faro Aveiro Lisboa Funchal",
    "pl": "Warszawa Lublin Szczecin Toruń",
    "nl": "Amsterdam Breda Gent Zwolle",
    "it": "Milano Napoli Trieste Firenze",
    "ja": "東京 大阪 福岡",
    "ar": "دبي القاهرة الدوحة",
}
LANGUAGES = {"en": 38, "de": 16, "es": 10, "fr": 9, "pt": 6, "pl": 6, "nl": 5, "it": 5, "ja": 3, "ar": 2}
TEMPERS = ("warm", "warm", "plain", "plain", "plain", "cross", "chatty")
STYLES = ("neat", "neat", "neat", "small", "hasty", "loud", "emoji")
FIRST_ID, STEP = 7_210_000_000_000_000, 7919


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody with a way of writing. `name` is what one calls them."""

    person: Person
    temper: str
    city: str
    style: str

    @property
    def name(self) -> str:
        parts = self.person.name.split()
        return parts[-1] if self.person.language == "ja" else parts[0]

    @property
    def language(self) -> str:
        return self.person.language


class Cast:
    """Everybody there is, by number: the regulars first."""

    def __init__(self, seed: int = 7) -> None:
        self._seed = seed
        lines = [line.split(" | ") for line in REGULARS.strip().splitlines()]
        self.regulars = [
            self._character(number, name, language, temper, city)
            for number, (name, language, temper, city) in enumerate(lines)
        ]

    def character(self, number: int) -> Character:
        """The same person for the same number, always."""
        if number < len(self.regulars):
            return self.regulars[number]
        chance = Random(f"{self._seed}:{number}")
        language = chance.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]
        first, last = chance.choice(FIRST[language].split()), chance.choice(LAST[language].split())
        name = f"{last} {first}" if language == "ja" else f"{first} {last}"
        return self._character(number, name, language, chance.choice(TEMPERS), chance.choice(CITIES[language].split()))

    def known(self, external_id: str) -> Character | None:
        """Who this is on any network; None for somebody who is none of ours."""
        if not external_id.isdecimal():
            return None
        number, rest = divmod(int(external_id) - FIRST_ID, STEP)
        return self.character(number) if rest == 0 and 0 <= number < 1_000_000 else None

    def somebody(self, chance: Random, *, passing: float = 0.7) -> Character:
        """A regular, or with the chance `passing` one of some thousands who come by."""
        if chance.random() >= passing:
            return chance.choice(self.regulars)
        return self.character(len(self.regulars) + chance.randrange(4000))

    def _character(self, number: int, name: str, language: str, temper: str, city: str) -> Character:
        chance = Random(f"{self._seed}:style:{number}")
        person = Person(str(FIRST_ID + number * STEP), name, _handle(name, number), language)
        return Character(person, temper, city, chance.choice(STYLES))


def _handle(name: str, number: int) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L")).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z]+", plain.lower())
    if not words:
        return f"user{number * 37 % 9973}"
    joined = ("", "-")[number % 2].join(words[:2])
    return joined[:16].strip("-") + ("" if number < 60 else str(number % 97))
